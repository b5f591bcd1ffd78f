"""The rules of chatapp: values, ports and services. Imports the standard library only."""
