"""Where deliveries come in and questions are answered: beside the stages, which it runs in memory."""
