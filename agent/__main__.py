"""`python -m agent` runs a worker."""

import gc

from agent.gentle_imports import OF_A_WORKER, import_gently
from agent.metric_files import metric_files
from mcp_tasks.one_arena import use_one_arena

if __name__ == "__main__":
    use_one_arena()  # this process alone: those that serve calls are started anew and do not inherit it
    with metric_files():
        gc.disable()  # see agent/quick_imports.py
        import_gently(OF_A_WORKER)
        from agent.worker import main

        gc.freeze()  # what is there now stays
        gc.enable()
        main()
