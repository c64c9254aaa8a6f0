"""Do the stand-ins speak as the vendors do?"""
