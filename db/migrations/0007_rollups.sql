CREATE TABLE "rollup_state" (
	"id" integer PRIMARY KEY NOT NULL,
	"shown" integer NOT NULL,
	"building" integer,
	"log_began_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "rollup_users" (
	"set_id" integer NOT NULL,
	"bucket" timestamp with time zone NOT NULL,
	"seconds" integer NOT NULL,
	"user_id" uuid NOT NULL,
	CONSTRAINT "rollup_users_set_id_bucket_seconds_user_id_pk" PRIMARY KEY("set_id","bucket","seconds","user_id")
);
--> statement-breakpoint
CREATE TABLE "rollups" (
	"set_id" integer NOT NULL,
	"seconds" integer NOT NULL,
	"metric" text NOT NULL,
	"bucket" timestamp with time zone NOT NULL,
	"label" text NOT NULL,
	"count" bigint NOT NULL,
	"amount" bigint NOT NULL,
	CONSTRAINT "rollups_set_id_seconds_metric_bucket_label_pk" PRIMARY KEY("set_id","seconds","metric","bucket","label")
);
