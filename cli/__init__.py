"""People at a terminal: the demo, one process at a time, the caller, the benches and the doctor."""
