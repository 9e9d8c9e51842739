"""The processes of the API server, how they agree, and what they share.

- `prefork`: the parent, which forks workers, restarts dead ones and passes their messages on;
- `group`: a worker's side of that, `WorkerGroup`: what is asked of all workers is answered by each of them;
- `shared`: the folder of mapped files in which all workers count, `rate_limit` one of these files;
- `background`: the background executor, for heavy work beside the answers of a worker.
"""
