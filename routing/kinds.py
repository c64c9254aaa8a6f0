"""The few words that decisions are made of."""

from typing import Literal

Tier = Literal["premium", "economy"]
Plan = Literal["premium", "economy"]
Channel = Literal["browser", "phone"]
StackName = str
