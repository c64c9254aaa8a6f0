"""`python -m agent` runs a worker."""

import gc

from agent.metric_files import metric_files

if __name__ == "__main__":
    with metric_files():
        gc.disable()  # see agent/quick_imports.py
        from agent.worker import main

        gc.freeze()  # what is there now stays
        gc.enable()
        main()
