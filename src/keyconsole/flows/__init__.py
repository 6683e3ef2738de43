"""The workflows, one module each, used by the console and by the commands.

```
revocation.py        one key, from the question to the proof
bulk_revocation.py   many keys, from the selection to the line of each
key_creation.py      a key, a replacement or a token, asked for until there is an answer
membership.py        what may be done about a member, and why not
unknown_outcome.py   what is done where no clear answer comes
export.py            a list in a file
```

A flow takes a client and draws nothing. Its states are frozen; a method returns the next one.
"""
