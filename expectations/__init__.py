"""What should be: indicators, plans, datasets, districts and the policy, as YAML and as frozen records."""
