-- A ledger of version 4 as the program of that version left it: copies released, one recorded as published and
-- re-issued after a withdrawal, verdicts by people, a sealed photo, a damaged file and a duplicate.
BEGIN TRANSACTION;
CREATE TABLE counters (
	name VARCHAR NOT NULL, 
	last INTEGER NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "counters" VALUES('20261128',10);
INSERT INTO "counters" VALUES('outbox/website/fair-2026-11-28',4);
CREATE TABLE facts (
	name VARCHAR NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "facts" VALUES('path-key','1f78c01f7e4524181c233246fceb7ecede771460958c0061e7898388bcdb0992');
INSERT INTO "facts" VALUES('register-seen','{"seen": 1}');
INSERT INTO "facts" VALUES('last-run','{"ended": "2026-11-28T01:05:04+00:00", "complete": 1, "photos": 9, "released": 2, "review": 4, "sealed": 1, "quarantined": 1, "duplicate": 1, "failed": 0, "held_folders": 0, "general_labels": 0, "ignored": 0, "trash": 0, "backup": 0, "unfinished": 0, "placeholder": 0, "companion": 0, "seconds": 2.348, "photos_per_second": 3.832}');
CREATE TABLE items (
	id VARCHAR NOT NULL, 
	origin VARCHAR NOT NULL, 
	path_key VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	purpose VARCHAR NOT NULL, 
	medium VARCHAR NOT NULL, 
	label VARCHAR NOT NULL, 
	"group" VARCHAR, 
	date DATE, 
	received_at DATETIME NOT NULL, 
	sha256 VARCHAR, 
	outcome VARCHAR, 
	verdict VARCHAR, 
	first VARCHAR, 
	staged VARCHAR, 
	output VARCHAR, 
	output_sha256 VARCHAR, 
	context VARCHAR, 
	report TEXT NOT NULL, 
	finished_at DATETIME, 
	PRIMARY KEY (id), 
	CONSTRAINT outcome_when_decided CHECK ((state IN ('delivering', 'done')) = (outcome IS NOT NULL)), 
	CONSTRAINT people_decide_reviews CHECK (verdict IS NULL OR outcome = 'review'), 
	UNIQUE (output)
);
INSERT INTO "items" VALUES('20261128-000001','inbox','2fe7a163b63279aa8fa5508007ae1212ef1e096842bcb941608a41531de64694','done','website','image','Fair',NULL,NULL,'2026-11-28 01:05:01.842904','6ff80bdeca598cd89417fd436f813ad5d57b8f45d2be0adb0b837da02aabbf86','released',NULL,NULL,NULL,'outbox/website/fair-2026-11-28-001.jpg','b574fd5639aaed4de4a22a4d489ad015b80c2425fef8d6802337001b3d6884c4','d9d09db45f238a1078b92a88e19c973d425062baed0b2f6e9a3fbb046a7bb573','{"outcome": "released", "reasons": [], "copy": {"sha256": "b574fd5639aaed4de4a22a4d489ad015b80c2425fef8d6802337001b3d6884c4", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "keep", "reason": "consent for website", "reason_code": {"code": "agreed", "text": "consent for website", "purpose": "website"}, "person": "p1", "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 01:05:03.713016');
INSERT INTO "items" VALUES('20261128-000002','inbox','4b820a97d397c93b4f31805c0471d47e8d2224bb4a8545b363a8388cef205385','done','website','image','Fair',NULL,NULL,'2026-11-28 01:05:01.900885','a76ad97e68a4ffbf1163ece90d264c6c6e78b37bed699c8797c77a2ebf3b94e6','released',NULL,NULL,NULL,'outbox/website/fair-2026-11-28-002.jpg','292d75f6cc69741dc748f10eb1bc763050fa1fc53474f64794e127daf3a70e73','d9d09db45f238a1078b92a88e19c973d425062baed0b2f6e9a3fbb046a7bb573','{"outcome": "released", "reasons": [], "copy": {"sha256": "292d75f6cc69741dc748f10eb1bc763050fa1fc53474f64794e127daf3a70e73", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "keep", "reason": "consent for website", "reason_code": {"code": "agreed", "text": "consent for website", "purpose": "website"}, "person": "p2", "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 01:05:03.777946');
INSERT INTO "items" VALUES('20261128-000003','inbox','c3772b150c1e2129a446650b26f464dfc9a21db19d946b0278ee88037f29702d','done','website','image','Fair',NULL,NULL,'2026-11-28 01:05:03.724865','0d1abd8c269682a4178e7e02eea38d5754764a7de6f5426b716ba3f53e205587','review','approved',NULL,NULL,'outbox/website/fair-2026-11-28-003.jpg','f792fd2b51d21a13416e5096d9d05c230c0b3c55898f6488924399f9ed81fea1','d9d09db45f238a1078b92a88e19c973d425062baed0b2f6e9a3fbb046a7bb573','{"outcome": "review", "reasons": [{"code": "crashed", "text": "the photo could not be processed (1)", "error": "1"}], "copy": {"sha256": "f792fd2b51d21a13416e5096d9d05c230c0b3c55898f6488924399f9ed81fea1", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "not recognised", "reason_code": {"code": "not-recognised", "text": "not recognised"}, "person": null, "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 01:05:03.857074');
INSERT INTO "items" VALUES('20261128-000004','inbox','7c1fbc75dd6e677c57600a0e863fe16383d702e6d2000f168fb56916509df43b','done','website','image','Fair',NULL,NULL,'2026-11-28 01:05:03.804684','014c6da7092590e2c699037835253fc03d515d2bcc24406683e98c505724172f','review','rejected',NULL,NULL,NULL,'8377d96a3a65830ed67e882efde003c61ad44953066c6d9f96a5d3992a094387','d9d09db45f238a1078b92a88e19c973d425062baed0b2f6e9a3fbb046a7bb573','{"outcome": "review", "reasons": [{"code": "crashed", "text": "the photo could not be processed (2)", "error": "2"}], "copy": {"sha256": "8377d96a3a65830ed67e882efde003c61ad44953066c6d9f96a5d3992a094387", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "not recognised", "reason_code": {"code": "not-recognised", "text": "not recognised"}, "person": null, "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 01:05:03.909085');
INSERT INTO "items" VALUES('20261128-000005','inbox','dd08053077518e498f65eb13fed4b2d8f07cea4315f9f189d108a812747a3a8a','done','website','image','Fair',NULL,NULL,'2026-11-28 01:05:03.872783','f0f668bf610e5cf9f11d2aa50f924ada10797100e8f05de085842ddb6370a867','sealed',NULL,NULL,NULL,NULL,NULL,NULL,'{"outcome": "sealed", "reasons": [{"code": "may-be-indecent", "text": "the picture may be indecent: only the safeguarding lead may deal with it"}], "copy": null, "seconds": {}}','2026-11-28 01:05:03.961527');
INSERT INTO "items" VALUES('20261128-000006','inbox','3198958d81f887453dfaa5462c36f5430c678b0c5ae7a63ff5c8761d050135fe','done','website','image','Fair',NULL,NULL,'2026-11-28 01:05:03.938142','2f05d4b689d270cafb02285f35f44866f7dc8a2d368a3f9d1124373eeab31fb1','quarantined',NULL,NULL,NULL,NULL,NULL,NULL,'{"outcome": "quarantined", "reasons": [{"code": "unreadable", "text": "not a picture", "detail": "not a picture", "remedy": ""}], "copy": null, "seconds": {}}','2026-11-28 01:05:04.009562');
INSERT INTO "items" VALUES('20261128-000007','inbox','b49648956c219935476d6295ec958dc8cb4391bdd74aaf33cee731d0782ca7a9','done','website','image','Fair',NULL,NULL,'2026-11-28 01:05:03.978787','6ff80bdeca598cd89417fd436f813ad5d57b8f45d2be0adb0b837da02aabbf86','duplicate',NULL,'20261128-000001',NULL,NULL,NULL,NULL,'{"outcome": "duplicate", "reasons": [{"code": "same-picture", "text": "the same picture as 20261128-000001", "item": "20261128-000001"}], "copy": {"sha256": "b574fd5639aaed4de4a22a4d489ad015b80c2425fef8d6802337001b3d6884c4", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "keep", "reason": "consent for website", "reason_code": {"code": "agreed", "text": "consent for website", "purpose": "website"}, "person": "p1", "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {}}','2026-11-28 01:05:04.002221');
INSERT INTO "items" VALUES('20261128-000008','inbox','6db9a1fccb38719fa0e7fdf853e2d316472ee612d9c6dcbc33ab63bc40897243','done','website','image','Fair',NULL,NULL,'2026-11-28 01:05:04.055648','862c80a838d310492542acbf6e9035ae0320f64ee6c23aac58d38947d0318804','review','referred',NULL,NULL,NULL,'8200aa633e3e7463dc435da6db6bd10e97981f633b79c80d2691c8a2de55a72b','d9d09db45f238a1078b92a88e19c973d425062baed0b2f6e9a3fbb046a7bb573','{"outcome": "review", "reasons": [{"code": "crashed", "text": "the photo could not be processed (3)", "error": "3"}], "copy": {"sha256": "8200aa633e3e7463dc435da6db6bd10e97981f633b79c80d2691c8a2de55a72b", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "not recognised", "reason_code": {"code": "not-recognised", "text": "not recognised"}, "person": null, "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 01:05:04.085132');
INSERT INTO "items" VALUES('20261128-000009','inbox','cbe2581c23a04ba7bec05c04a37ca578059b031c814f1b48a8447ef9b5e13031','done','website','image','Fair',NULL,NULL,'2026-11-28 01:05:04.107530','051e6fac71ef2a6939736dd75e4f0e7290baf576b3de2fc76f161385c3d2665f','review',NULL,NULL,NULL,'review/20261128-000009.jpg','4374149ffcf709b8f682d593d644efc06e2d52916348f4f602f72e8694125c98','d9d09db45f238a1078b92a88e19c973d425062baed0b2f6e9a3fbb046a7bb573','{"outcome": "review", "reasons": [{"code": "crashed", "text": "the photo could not be processed (4)", "error": "4"}], "copy": {"sha256": "4374149ffcf709b8f682d593d644efc06e2d52916348f4f602f72e8694125c98", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "not recognised", "reason_code": {"code": "not-recognised", "text": "not recognised"}, "person": null, "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 01:05:04.161070');
INSERT INTO "items" VALUES('20261128-000010','inbox','2fe7a163b63279aa8fa5508007ae1212ef1e096842bcb941608a41531de64694','done','website','image','Fair',NULL,NULL,'2026-11-28 01:05:04.665343','6ff80bdeca598cd89417fd436f813ad5d57b8f45d2be0adb0b837da02aabbf86','released',NULL,NULL,NULL,'outbox/website/fair-2026-11-28-004.jpg','b7582ceb5b7aafa9a23f046f5d7fbc9e910fed60f6caea95027fbab07320f6b4','a9debf0a125aebe37343f69c992d41d16c93db28f7cb89cd68a6cc185c2c86c5','{"outcome": "released", "reasons": [], "copy": {"sha256": "b7582ceb5b7aafa9a23f046f5d7fbc9e910fed60f6caea95027fbab07320f6b4", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "no consent on record", "reason_code": {"code": "no-record", "text": "no consent on record"}, "person": "p1", "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 01:05:05.865504');
CREATE TABLE published (
	item VARCHAR NOT NULL, 
	place VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (item, place)
);
INSERT INTO "published" VALUES('20261128-000001','the newsletter of June','2026-11-28 01:05:04.616121');
CREATE TABLE replaced (
	item VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	PRIMARY KEY (item)
);
INSERT INTO "replaced" VALUES('20261128-000001','20261128-000010');
CREATE TABLE restored (
	path_key VARCHAR NOT NULL, 
	item VARCHAR NOT NULL, 
	size INTEGER NOT NULL, 
	modified_ns INTEGER NOT NULL, 
	PRIMARY KEY (path_key)
);
CREATE TABLE rulings (
	item VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	acts TEXT NOT NULL, 
	"by" VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (item, number)
);
CREATE TABLE sources (
	item VARCHAR NOT NULL, 
	size INTEGER NOT NULL, 
	modified_ns INTEGER NOT NULL, 
	changed_ns INTEGER NOT NULL, 
	PRIMARY KEY (item)
);
INSERT INTO "sources" VALUES('20261128-000002',7,1795827901758081764,1795827903768962597);
INSERT INTO "sources" VALUES('20261128-000003',8,1795827901758111078,1795827903848962599);
INSERT INTO "sources" VALUES('20261128-000004',8,1795827901758138569,1795827903904962600);
INSERT INTO "sources" VALUES('20261128-000007',7,1795827901758221803,1795827903988962603);
INSERT INTO "sources" VALUES('20261128-000006',3,1795827901758194422,1795827904008962603);
INSERT INTO "sources" VALUES('20261128-000008',8,1795827901758254782,1795827904076962605);
INSERT INTO "sources" VALUES('20261128-000009',8,1795827901758280951,1795827904156962607);
INSERT INTO "sources" VALUES('20261128-000010',7,1795827901758038610,1795827905864962652);
INSERT INTO "sources" VALUES('20261128-000001',7,1795827901758038610,1795827905864962652);
CREATE TABLE verdicts (
	item VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	verdict VARCHAR, 
	"by" VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (item, number)
);
INSERT INTO "verdicts" VALUES('20261128-000003',1,'approved','office','2026-11-28 01:05:04.533640');
INSERT INTO "verdicts" VALUES('20261128-000004',1,'rejected','head','2026-11-28 01:05:04.560947');
INSERT INTO "verdicts" VALUES('20261128-000008',1,'referred','head','2026-11-28 01:05:04.574942');
CREATE INDEX ix_items_sha256 ON items (sha256);
CREATE INDEX ix_items_path_key ON items (path_key);
CREATE INDEX ix_items_outcome ON items (outcome);
CREATE INDEX ix_items_state ON items (state);
PRAGMA user_version = 4;
COMMIT;
