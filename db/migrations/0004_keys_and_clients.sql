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
ALTER TABLE "signing_keys" ALTER COLUMN "sealed_private_key" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "signing_keys" ADD COLUMN "signs_from" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "signing_keys" ADD COLUMN "withdrawn_at" timestamp with time zone;--> statement-breakpoint
-- So far there was one key, and it signed from the start.
UPDATE "signing_keys" SET "signs_from" = "created_at";--> statement-breakpoint
CREATE INDEX "sessions_expires_at" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "signing_keys_one_signer" ON "signing_keys" USING btree ((true)) WHERE "signing_keys"."signs_from" is not null and "signing_keys"."retired_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "signing_keys_one_next" ON "signing_keys" USING btree ((true)) WHERE "signing_keys"."signs_from" is null and "signing_keys"."withdrawn_at" is null;