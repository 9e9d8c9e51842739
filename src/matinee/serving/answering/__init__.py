"""From a request to an answer.

A list of recommendations: `feedback` (what the user has said) and `user_history` (what the model may not know of it),
then `response_cache`, else `batching` ranks the requests of one moment together; `impressions` and `coverage` note what
was shown. A rating: `feedback` writes it to the database before it is acknowledged.
"""
