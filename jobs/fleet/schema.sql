-- The fleet store, for SQLite and PostgreSQL. Each version stands under a line
-- "-- version N" and takes the store from the one before to itself; none is
-- ever changed once it was released. ROW_KEY, BYTES and NAME_TEXT become what
-- each database has for a key that counts up, for bytes, and for a text that is
-- ordered byte by byte.

-- version 1

-- Files that trust stores are made of: each once, whoever has it.
CREATE TABLE blob (
	sha256 BYTES PRIMARY KEY,
	bytes BYTES NOT NULL);

-- All devices that decide alike are one class. `content` is JSON as
-- host/stored.h writes it, and `digest` its SHA-256.
CREATE TABLE class (
	id ROW_KEY,
	digest BYTES NOT NULL UNIQUE,
	content TEXT NOT NULL);

-- A device is its class and what people call it. `grouped` is its groups in
-- their order, each with commas around: ",beta,eu,". `reported` is the time of
-- the report that the row is from, in seconds since 1970; `import` who wrote
-- it; `labels` a JSON object.
CREATE TABLE device (
	name NAME_TEXT PRIMARY KEY,
	class BIGINT NOT NULL,
	grouped TEXT NOT NULL,
	release TEXT NOT NULL,
	reported BIGINT NOT NULL,
	import BIGINT NOT NULL,
	labels TEXT NOT NULL) WITHOUT_ROW_KEY;
CREATE INDEX device_class ON device (class, name);

-- What was imported, when, and what came of it.
CREATE TABLE import (
	id ROW_KEY,
	at BIGINT NOT NULL,
	source TEXT NOT NULL,
	taken BIGINT NOT NULL,
	refused BIGINT NOT NULL);

-- A release is files; where they lie, and what they were when it was added.
CREATE TABLE artifact (
	release NAME_TEXT NOT NULL,
	place BIGINT NOT NULL,
	path TEXT NOT NULL,
	sha256 BYTES NOT NULL,
	size BIGINT NOT NULL,
	format TEXT NOT NULL,
	PRIMARY KEY (release, place));
