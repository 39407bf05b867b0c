CREATE TABLE "instances" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"snapshot" "pg_snapshot",
	"redis" jsonb,
	"beat" bigint DEFAULT 0 NOT NULL,
	"fenced" boolean DEFAULT false NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "event_log" ADD COLUMN "token_id" text;--> statement-breakpoint
ALTER TABLE "revoked_tokens" ADD COLUMN "session_id" text;--> statement-breakpoint
CREATE INDEX "event_log_created_at" ON "event_log" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "revoked_tokens_session" ON "revoked_tokens" USING btree ("session_id");