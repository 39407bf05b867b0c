CREATE TABLE "known_networks" (
	"subject" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_failures" (
	"subject" text PRIMARY KEY NOT NULL,
	"account" text NOT NULL,
	"failures" integer NOT NULL,
	"wait_until" timestamp with time zone NOT NULL,
	"forgotten_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "spent_challenges" (
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
CREATE TABLE "oauth_clients" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"secret_digest" "bytea" NOT NULL,
	"previous_secret_digest" "bytea",
	"created_at" timestamp with time zone NOT NULL,
	"secret_changed_at" timestamp with time zone NOT NULL,
	"disabled_at" timestamp with time zone,
	CONSTRAINT "oauth_clients_kind_known" CHECK ("oauth_clients"."kind" in ('resource', 'application'))
);
--> statement-breakpoint
DROP INDEX "signing_keys_one_active";--> statement-breakpoint
DROP INDEX "sessions_by_user";--> statement-breakpoint
ALTER TABLE "event_log" ALTER COLUMN "user_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ALTER COLUMN "scope" SET DEFAULT 'full';--> statement-breakpoint
ALTER TABLE "sessions" ALTER COLUMN "scope" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "signing_keys" ALTER COLUMN "sealed_private_key" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "profile" text DEFAULT 'standard' NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "device_key" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "label" text;--> statement-breakpoint
ALTER TABLE "signing_keys" ADD COLUMN "signs_from" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "signing_keys" ADD COLUMN "withdrawn_at" timestamp with time zone;--> statement-breakpoint
-- So far there was one key, and it signed from the start.
UPDATE "signing_keys" SET "signs_from" = "created_at";--> statement-breakpoint
CREATE INDEX "known_networks_expires_at" ON "known_networks" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sign_in_failures_account" ON "sign_in_failures" USING btree ("account");--> statement-breakpoint
CREATE INDEX "sign_in_failures_forgotten_at" ON "sign_in_failures" USING btree ("forgotten_at");--> statement-breakpoint
CREATE INDEX "spent_challenges_expires_at" ON "spent_challenges" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "session_shares_user" ON "session_shares" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "sessions_live_by_parent" ON "sessions" USING btree ("parent_id") WHERE "sessions"."ended_at" is null and "sessions"."parent_id" is not null;--> statement-breakpoint
CREATE INDEX "sessions_expires_at" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "signing_keys_one_signer" ON "signing_keys" USING btree ((true)) WHERE "signing_keys"."signs_from" is not null and "signing_keys"."retired_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "signing_keys_one_next" ON "signing_keys" USING btree ((true)) WHERE "signing_keys"."signs_from" is null and "signing_keys"."withdrawn_at" is null;--> statement-breakpoint
CREATE INDEX "sessions_by_user" ON "sessions" USING btree ("user_id","created_at","id");