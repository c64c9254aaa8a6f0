"""`python -m agent` runs a worker."""

from agent.metric_files import metric_files

if __name__ == "__main__":
    with metric_files():
        from agent.worker import main

        main()
