"""Who answers for a Service: its EndpointSlices and Endpoints, from the pods that its selector chooses."""
