ALTER TABLE "log_readers" ADD COLUMN "horizon" bigint;--> statement-breakpoint
ALTER TABLE "log_readers" ADD COLUMN "last_id" bigint;