"""The service of `keyconsole demo`: a company's keys of three years, made in a moment.

```
people.py     who is and was there          plan.py      what a sample key is
catalogue.py  what they talk to             story.py     what happened, as rows and audit events
notable.py    keys with a story, by hand    use.py       who used a key, when and from where
crowd.py      all the other keys            history.py   writes it all in one transaction
labels.py     names, good and bad           traffic.py   use that goes on while one looks
start.py      starts it
```

Chance is seeded: the same keys in every run, everything else relative to now. Only the root key
is really random, so that a secret of one demo is worth nothing in another.
"""
