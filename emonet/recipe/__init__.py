"""From YAML to stages: recipes, what they choose, tasks, strategies, and the plan that is made of them."""
