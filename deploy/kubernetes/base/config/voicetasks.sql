-- Run once, by the image's entrypoint, in a new and empty database: whom the product's processes are there. Whoever gets
-- at their SQL has the product's tables and no more: no shell on the server, no other database, no settings of it.
\getenv password POSTGRES_PASSWORD
CREATE ROLE voicetasks LOGIN PASSWORD :'password';
ALTER DATABASE voicetasks OWNER TO voicetasks;
-- The superuser is for whoever is inside the container, where nobody is asked for a password. None opens it from outside.
ALTER ROLE CURRENT_USER PASSWORD NULL;
