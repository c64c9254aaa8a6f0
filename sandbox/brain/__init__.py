"""The model behind the chat stand-in: a rule-based task assistant that speaks the tools protocol.

It keeps nothing between requests: all it knows is in the messages and the tools that come with them. It reads the
whole conversation again each time, so any server, or a swapped-in one, goes on where the last one stopped.
"""

from sandbox.brain.reply import Reply, ToolCall, reply

__all__ = ["Reply", "ToolCall", "reply"]
