"""A call without a room: the product's own call and session, talked to by a script, faster than real time.

`python -m agent.rehearsal` reads plans from stdin and tells what happens as JSON lines on stdout; whoever wants to
know what a conversation costs starts it as a process (`voicetasks bench cost` and `bench dialogues` do).
"""
