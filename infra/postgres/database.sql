-- Step 2: the database. Run once, with CREATEDB; another name will do as well.

create database hivesync;
