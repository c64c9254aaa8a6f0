"""`python -m agent` runs a worker."""

from agent.worker import main

if __name__ == "__main__":
    main()
