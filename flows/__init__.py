"""What is done: the stages, the pipeline that calls them, the desk, and the command line with its Prefect flows."""
