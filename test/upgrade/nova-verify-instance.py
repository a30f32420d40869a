"""Prints, as JSON, what `nova-manage cell_v2 verify_instance` exits with for each uuid that is named after Nova's options.

It is nova-manage's own code, in one process, as each nova-manage takes two seconds to start.
"""
import json
import sys

import nova.cmd  # noqa: F401, as it makes the threads cooperative before anything else is imported
from nova.cmd import manage
from nova import config
from nova import objects

options, uuids = sys.argv[:5], sys.argv[5:]
config.parse_args(options)
objects.register_all()
command = manage.CellV2Commands()
print(json.dumps({uuid: command.verify_instance(uuid, quiet=True) for uuid in uuids}))
