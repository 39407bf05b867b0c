CREATE TABLE "used_tickets" (
	"id" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "devices" (
	"user_id" uuid NOT NULL,
	"key" text NOT NULL,
	"device" jsonb NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	CONSTRAINT "devices_user_id_key_pk" PRIMARY KEY("user_id","key")
);
--> statement-breakpoint
CREATE TABLE "networks" (
	"user_id" uuid NOT NULL,
	"network" text NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	CONSTRAINT "networks_user_id_network_pk" PRIMARY KEY("user_id","network")
);
--> statement-breakpoint
CREATE TABLE "session_shares" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"parent_id" text NOT NULL,
	"token_hash" text NOT NULL,
	"label" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"redeemed_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"session_id" text,
	CONSTRAINT "session_shares_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
DROP INDEX "sessions_by_user";--> statement-breakpoint
ALTER TABLE "sessions" ALTER COLUMN "scope" SET DEFAULT 'full';--> statement-breakpoint
ALTER TABLE "sessions" ALTER COLUMN "scope" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "device_key" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "label" text;--> statement-breakpoint
CREATE INDEX "used_tickets_expires_at" ON "used_tickets" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "session_shares_user" ON "session_shares" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "sessions_live_by_parent" ON "sessions" USING btree ("parent_id") WHERE "sessions"."ended_at" is null and "sessions"."parent_id" is not null;--> statement-breakpoint
CREATE INDEX "sessions_by_user" ON "sessions" USING btree ("user_id","created_at","id");