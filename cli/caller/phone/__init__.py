"""A caller by telephone: SIP and RTP to the bridge, and a look into the call's room for what a telephone cannot show."""
