"""The School Business Manager's page in the browser: it parses and shows, and `anonymiser.school` does everything."""
