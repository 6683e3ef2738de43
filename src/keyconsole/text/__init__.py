"""Words for what the service answers, the same in the console and in the commands. Pure.

```
times.py      moments and spans          reasons.py    why a key is revoked
usage.py      how much a key is used     verdicts.py   what a found key is
keys.py       a key's status             advice.py     and what to do about it
rotations.py  where a rotation stands    bulk.py       many keys at once
lockout.py    what nothing gets into     labels.py     findings of the label audit
columns.py    the columns of every list       export_files.py   those of exported files
glyphs.py     states beside a sign            events.py         what an audit event changed
integrations.py   what a draft lacks
runs.py       text with roles: the console draws a run, a command joins the texts
```
"""
