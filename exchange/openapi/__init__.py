"""The interface, told to programs (OpenAPI 3.1) and to people (pages); both are made from the operations themselves."""
