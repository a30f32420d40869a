"""Prints, as JSON, what Nova's own quota code counts for each project that is named after Nova's options.

mappings:  instances that are counted from instance_mappings, as with [quota] count_usage_from_placement
instances: instances that are counted in the cells, which is Nova's other way
populated: whether Nova would use the first way, as user_id and queued_for_delete are there
"""
import json
import sys

import nova.cmd  # noqa: F401, as it makes the threads cooperative before anything else is imported
from nova import config
from nova import context
from nova import objects
from nova import quota

options, projects = sys.argv[:5], sys.argv[5:]
config.parse_args(options)
objects.register_all()
admin = context.get_admin_context()

counts = {}
for project in projects:
    mappings = objects.InstanceMappingList.get_counts(admin, project)
    instances = quota._instances_cores_ram_count_legacy(admin, project)
    counts[project] = {
        'mappings': mappings['project']['instances'],
        'instances': instances['project']['instances'],
        'populated': quota._user_id_queued_for_delete_populated(admin, project),
    }
print(json.dumps(counts))
