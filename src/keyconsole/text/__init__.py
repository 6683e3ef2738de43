"""Words for what the service answers, the same in the console and in the commands. Pure.

```
times.py      moments and spans          reasons.py    why a key is revoked
usage.py      how much a key is used     verdicts.py   what a found key is
keys.py       a key's status             advice.py     and what to do about it
rotations.py  where a rotation stands    bulk.py       many keys at once
lockout.py    what nothing gets into     labels.py     findings of the label audit
export_files.py   the columns of exported files
runs.py       text with roles: the console draws a run, a command joins the texts
```
"""
