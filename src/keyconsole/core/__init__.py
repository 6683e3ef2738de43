"""Values and rules without input or output: credentials, labels, text, errors, queries."""
