CREATE TABLE "audit_chain" (
	"id" integer PRIMARY KEY NOT NULL,
	"length" bigint NOT NULL,
	"head" text NOT NULL,
	"purged" bigint NOT NULL,
	"anchor" text NOT NULL,
	"purged_before" timestamp with time zone,
	"signature" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_verification" (
	"id" integer PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"checked" bigint NOT NULL,
	"length" bigint NOT NULL,
	"head" text NOT NULL,
	"finding" jsonb
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"event_id" bigint NOT NULL,
	"type" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" uuid,
	"user_id" uuid,
	"session_id" text,
	"token_id" text,
	"note" text,
	"ip_address" text,
	"details" jsonb NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_log_at" ON "audit_log" USING btree ("at","seq");--> statement-breakpoint
CREATE INDEX "audit_log_actor" ON "audit_log" USING btree ("actor_id","at","seq");--> statement-breakpoint
CREATE INDEX "audit_log_user" ON "audit_log" USING btree ("user_id","at","seq");--> statement-breakpoint
CREATE INDEX "audit_log_session" ON "audit_log" USING btree ("session_id","at","seq");--> statement-breakpoint
CREATE INDEX "audit_log_type" ON "audit_log" USING btree ("type","at","seq");--> statement-breakpoint
CREATE INDEX "audit_log_event" ON "audit_log" USING btree ("event_id");--> statement-breakpoint
CREATE FUNCTION "audit_log_guard"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		IF OLD."seq" <= (SELECT "purged" FROM "audit_chain") THEN
			RETURN OLD;
		END IF;
	END IF;
	RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = 'restrict_violation';
END
$$;--> statement-breakpoint
CREATE TRIGGER "audit_log_append_only" BEFORE UPDATE OR DELETE ON "audit_log"
	FOR EACH ROW EXECUTE FUNCTION "audit_log_guard"();--> statement-breakpoint
CREATE TRIGGER "audit_log_not_truncated" BEFORE TRUNCATE ON "audit_log"
	FOR EACH STATEMENT EXECUTE FUNCTION "audit_log_guard"();
