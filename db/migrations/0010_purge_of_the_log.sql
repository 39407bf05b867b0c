CREATE TABLE "event_log_purges" (
	"id" integer PRIMARY KEY NOT NULL,
	"xid" bigint NOT NULL,
	"last_id" bigint NOT NULL
);
