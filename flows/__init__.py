"""What is done: the two Prefect flows, the stages that they call, and the command line."""
