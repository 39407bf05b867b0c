CREATE TABLE "bulk_end_batches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"bulk_end_id" uuid NOT NULL,
	"sessions" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "bulk_ends" (
	"id" uuid PRIMARY KEY NOT NULL,
	"filter" jsonb NOT NULL,
	"by" uuid,
	"note" text,
	"keep" text,
	"state" text NOT NULL,
	"matched" integer NOT NULL,
	"ended" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"place_at" timestamp with time zone,
	"place_id" text
);
--> statement-breakpoint
ALTER TABLE "sign_in_failures" ADD COLUMN "user_id" uuid;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "password_change_required_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "bulk_end_batches_bulk_end" ON "bulk_end_batches" USING btree ("bulk_end_id");--> statement-breakpoint
CREATE INDEX "bulk_ends_running" ON "bulk_ends" USING btree ("id") WHERE "bulk_ends"."state" = 'running';--> statement-breakpoint
CREATE INDEX "sessions_by_age" ON "sessions" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "sessions_by_address" ON "sessions" USING btree ("ip_address","created_at","id");--> statement-breakpoint
CREATE INDEX "session_shares_expires_at" ON "session_shares" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "users_email_prefix" ON "users" USING btree ("email_normalized" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "users_username_prefix" ON "users" USING btree ("username_normalized" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "users_full_name_prefix" ON "users" USING btree (lower("full_name") text_pattern_ops);--> statement-breakpoint
CREATE INDEX "users_administrators" ON "users" USING btree ("id") WHERE "users"."role" = 'admin';--> statement-breakpoint
CREATE INDEX "users_disabled" ON "users" USING btree ("id") WHERE "users"."disabled_at" is not null;