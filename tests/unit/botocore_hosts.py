#!/usr/bin/env python3
"""What botocore knows of AWS's partitions, as lines for test_partition.c. Without botocore, nothing.

  region PARTITION REGION
  partition PARTITION SUFFIX DUAL_STACK_SUFFIX|-
  host SERVICE REGION plain|fips|dual|fips+dual HOST
"""
import sys

try:
    import botocore.loaders
    import botocore.regions
except ImportError:
    sys.exit(0)

loader = botocore.loaders.create_loader()
known = loader.load_data("partitions")["partitions"]
resolver = botocore.regions.EndpointResolver(loader.load_data("endpoints"), uses_builtin_data=True)
for partition in known:
    outputs = partition["outputs"]
    dual = outputs["dualStackDnsSuffix"] if outputs["supportsDualStack"] else "-"
    print("partition", partition["id"], outputs["dnsSuffix"], dual)
    for region in partition["regions"]:
        if region.endswith("-global"):
            continue
        print("region", partition["id"], region)
        for service in ("lambda", "sts", "execute-api"):
            for name, variant in (("plain", {}), ("fips", {"use_fips_endpoint": True}), ("dual", {"use_dualstack_endpoint": True}),
                                  ("fips+dual", {"use_fips_endpoint": True, "use_dualstack_endpoint": True})):
                if "dual" in name and dual == "-":
                    continue
                try:
                    found = resolver.construct_endpoint(service, region, partition_name=partition["id"], **variant)
                except Exception:  # of a partition that its endpoints don't have yet
                    found = None
                if found:
                    suffix = found.get("dnsSuffix") or outputs["dnsSuffix"]
                    print("host", service, region, name, found.get("hostname") or f"{service}.{region}.{suffix}")
