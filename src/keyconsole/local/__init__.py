"""The account's own files and commands: paths, configuration, profiles, stored secrets."""
