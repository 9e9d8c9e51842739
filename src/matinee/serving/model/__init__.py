"""The model that is served: how it lies on disk, how it is loaded, and how it is swapped.

- `served`: one model in memory, with its catalogue: everything that an answer needs;
- `slot`: the one reference that requests take, replaced as a whole;
- `store`: verified versions on disk, and the pointer to the deployed one;
- `swap`: the protocol by which all workers, or none, change to another version;
- `follower`: notices by itself that the pointer, or the version in production, has moved;
- `on_demand`: other versions, loaded to be compared with the served one;
- `fallback`: popularity, before there is a model.
"""
