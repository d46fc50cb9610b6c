"""What is done: the two Prefect flows, the stages they call, and the command line."""
