"""A stand-in for LiveKit's SIP bridge, for machines that do not have the real one.

Telephones on one side (SIP and RTP over UDP), a LiveKit participant of kind SIP on the other. What it shows of a call,
when it answers, and where it takes trunks and dispatch rules from are the real bridge's ways, read in its source
(github.com/livekit/sip, 1.11). It has no TLS, no SRTP, no TCP, no outgoing calls and no transfer, and says that it is a
stand-in wherever it says who it is.
"""
