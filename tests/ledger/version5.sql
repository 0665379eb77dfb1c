-- A ledger of version 5 as the program of that version left it: copies released, two that wait, a sealed photo and a
-- damaged file.
BEGIN TRANSACTION;
CREATE TABLE audit (
	number INTEGER NOT NULL, 
	entry TEXT NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "audit" VALUES(1,'{"about":"20261128-000001","at":"2026-11-28T04:53:44.633507Z","data":{"from":"inbox","medium":"image","outcome":null,"purpose":"website","state":"received","verdict":null},"kind":"received","n":1}','2b426d25297900b21525dac12b21ebc3ae6395a28029fbdf054956592e6ef6e7');
INSERT INTO "audit" VALUES(2,'{"about":"20261128-000001","at":"2026-11-28T04:53:44.644265Z","data":{"original":"af9dfda6da0d63f6e1c736475f3a70cfb0f249c8d991922fb35f1f859f94da83","outcome":null,"state":"claimed","verdict":null},"kind":"claimed","n":2}','2d42118abe234abd3497e43a20cf8ccc00e74633d73ddc0d06827eae705dd93c');
INSERT INTO "audit" VALUES(3,'{"about":null,"at":"2026-11-28T04:53:44.730298Z","data":{"file":"92a1a028f3fdcc737a77038ef7453894cd7c859873627b6932f4ca9ce03203c3","rows":{"consent":2,"detail":2,"import_file":1,"listed":2,"person":2},"since":"2026-11-28T04:53:44.428451+00:00","version":1,"what":"import"},"kind":"import","n":3}','5177adcad1cb2744cfe26594e65cdeda542b4e517e80eb0738c2d2e5a98a9a1c');
INSERT INTO "audit" VALUES(4,'{"about":"20261128-000002","at":"2026-11-28T04:53:44.800163Z","data":{"from":"inbox","medium":"image","outcome":null,"purpose":"website","state":"received","verdict":null},"kind":"received","n":4}','6bd54ea9cdc866bdcfc83ddf2b4d1aec73afcef1278ef4bc3f82ca21385f9f72');
INSERT INTO "audit" VALUES(5,'{"about":"20261128-000002","at":"2026-11-28T04:53:44.851091Z","data":{"original":"e0e63b6a74871c304a834320e946e650795168d5501c3894c36fec94b1664b87","outcome":null,"state":"claimed","verdict":null},"kind":"claimed","n":5}','5b4ccf8f586734d31abc45025d61c311a8c7da5ac8283b3f2a815d5bdd7937d0');
INSERT INTO "audit" VALUES(6,'{"about":"20261128-000003","at":"2026-11-28T04:53:44.973843Z","data":{"from":"inbox","medium":"image","outcome":null,"purpose":"website","state":"received","verdict":null},"kind":"received","n":6}','1ae6f159f9d1768fbbe3482176b5b3eecfb26aa9f26d2e3d6a4dbea4b4d0f792');
INSERT INTO "audit" VALUES(7,'{"about":"20261128-000003","at":"2026-11-28T04:53:44.999146Z","data":{"original":"69b858caa7a16411ee128be62b3616bc47f6a0c897dd7b7d4421ef660ea57e00","outcome":null,"state":"claimed","verdict":null},"kind":"claimed","n":7}','80f2e758fb0a49b5b63dc77c9838c37672725dc590537b1efdfb5338881bc31e');
INSERT INTO "audit" VALUES(8,'{"about":"20261128-000004","at":"2026-11-28T04:53:45.110458Z","data":{"from":"inbox","medium":"image","outcome":null,"purpose":"website","state":"received","verdict":null},"kind":"received","n":8}','48ec6aad9ff33c2a008fae9fb99f45350b0074271083d435847c2b3611043e23');
INSERT INTO "audit" VALUES(9,'{"about":"20261128-000004","at":"2026-11-28T04:53:45.135081Z","data":{"original":"19ff34ed0e963cbb2299ae63d344401819b5d2de9b9e4d16bd53974c2ead884a","outcome":null,"state":"claimed","verdict":null},"kind":"claimed","n":9}','6a4a968209f7ee6223e9dc98d7b9894a468db19d2291ba19b973cb374ef8c11e');
INSERT INTO "audit" VALUES(10,'{"about":"20261128-000001","at":"2026-11-28T04:53:50.138466Z","data":{"basis":"b1ee79e7c1c4acfcbe37f605ff1ab22afbf94abd393b0c30b54757e81698c296","copy":"976b49d27527c7d04f4e1094dade7345db02735155339e3f1014ec9deb195add","faces":{"covered":1,"labels":0,"shown":0},"models":"16c6cd2109006fd3304a26a43a215f322a2f0f28bd217e823cb96128ba9dc649","outcome":"released","place":"outbox","program":"0.1.0","settings":"1d92f9be0d3bebe19bff1e83b94353892830ee837b548708ccd31687a86a3bae","state":"delivering","verdict":null,"why":[]},"kind":"decided","n":10}','11e8853fa2c47b98c98288388717ca6458cd65a51971298e4e3a5687bfd4604d');
INSERT INTO "audit" VALUES(11,'{"about":"20261128-000001","at":"2026-11-28T04:53:50.162313Z","data":{"copy":"976b49d27527c7d04f4e1094dade7345db02735155339e3f1014ec9deb195add","outcome":"released","place":"outbox","state":"done","verdict":null},"kind":"written","n":11}','f3c7b3fa01c2ad81912085d2ba8a4f98aa4f2f34d6a8fd2f609c55fbf4bf0485');
INSERT INTO "audit" VALUES(12,'{"about":"20261128-000005","at":"2026-11-28T04:53:50.223058Z","data":{"from":"inbox","medium":"image","outcome":null,"purpose":"website","state":"received","verdict":null},"kind":"received","n":12}','6936a36087b49d6bc3ad1e45f3cb51e5a0183689ca1cd78dbc1e8618819c6c81');
INSERT INTO "audit" VALUES(13,'{"about":"20261128-000005","at":"2026-11-28T04:53:50.243486Z","data":{"original":"d3908e893c6943c5929344be6d3608f2a9a9406e254db6bc52cde1dade99fd41","outcome":null,"state":"claimed","verdict":null},"kind":"claimed","n":13}','ff8f761acb7e7bffc4cb757ebf7496071bf7d31f8e99934f0b58d8b520ea39bf');
INSERT INTO "audit" VALUES(14,'{"about":"20261128-000002","at":"2026-11-28T04:53:50.275446Z","data":{"basis":"d23e61c10b2af6fa74a793fd30ce00d27a4be479538b9ce9798d9f7254535fc8","copy":"f61e56514dc8d4eba69801fceaafb4c1886e9c650e01e17ef74710efb1b7abd7","faces":{"covered":1,"labels":0,"shown":0},"models":"16c6cd2109006fd3304a26a43a215f322a2f0f28bd217e823cb96128ba9dc649","outcome":"review","place":"review","program":"0.1.0","settings":"1d92f9be0d3bebe19bff1e83b94353892830ee837b548708ccd31687a86a3bae","state":"delivering","verdict":null,"why":["every-photo-waits"]},"kind":"decided","n":14}','bc38b90f625b1f0db4befa7567c6eb2f8f4d329f78e155d7512defa63717041c');
INSERT INTO "audit" VALUES(15,'{"about":"20261128-000002","at":"2026-11-28T04:53:50.279499Z","data":{"copy":"f61e56514dc8d4eba69801fceaafb4c1886e9c650e01e17ef74710efb1b7abd7","outcome":"review","place":"review","state":"done","verdict":null},"kind":"written","n":15}','e99a61a0b450150777979729a3aa291ef5f1bff0e93d19fdb2096256d45c7804');
INSERT INTO "audit" VALUES(16,'{"about":"20261128-000006","at":"2026-11-28T04:53:50.300880Z","data":{"from":"inbox","medium":"image","outcome":null,"purpose":"website","state":"received","verdict":null},"kind":"received","n":16}','013b7f5b9411a2e077ff7e78929f98be53dbbe52eb414e6974c54a520c87ae03');
INSERT INTO "audit" VALUES(17,'{"about":"20261128-000006","at":"2026-11-28T04:53:50.313472Z","data":{"original":"2357320b3d96296cb065a631f7319d0807025edd3648b134d6618b37b0d52f4a","outcome":null,"state":"claimed","verdict":null},"kind":"claimed","n":17}','7bd8bb0089461c9994bff6a6fac4c18db561a07c1538398dc045f02c9aeff0aa');
INSERT INTO "audit" VALUES(18,'{"about":"20261128-000003","at":"2026-11-28T04:53:50.339191Z","data":{"basis":null,"copy":null,"faces":{},"models":"16c6cd2109006fd3304a26a43a215f322a2f0f28bd217e823cb96128ba9dc649","outcome":"sealed","place":null,"program":"0.1.0","settings":"1d92f9be0d3bebe19bff1e83b94353892830ee837b548708ccd31687a86a3bae","state":"delivering","verdict":null,"why":[]},"kind":"decided","n":18}','a3672972dc4f54d7444cf97fb6bc0cb3c1bb48517f65a4536515784bbd1780e1');
INSERT INTO "audit" VALUES(19,'{"about":"20261128-000003","at":"2026-11-28T04:53:50.348514Z","data":{"copy":null,"outcome":"sealed","place":null,"state":"done","verdict":null},"kind":"sealed","n":19}','4db5f26035566050e27750131a3cecc0b327dfe062ee633d016e2d25cf6ff5dc');
INSERT INTO "audit" VALUES(20,'{"about":"20261128-000004","at":"2026-11-28T04:53:50.350698Z","data":{"basis":null,"copy":null,"faces":{},"models":"16c6cd2109006fd3304a26a43a215f322a2f0f28bd217e823cb96128ba9dc649","outcome":"quarantined","place":null,"program":"0.1.0","settings":"1d92f9be0d3bebe19bff1e83b94353892830ee837b548708ccd31687a86a3bae","state":"delivering","verdict":null,"why":["unreadable"]},"kind":"decided","n":20}','bf65e1d2850ba1c395756e130cf5b814dfd9b321fd9a2073b7c307eb4663c07c');
INSERT INTO "audit" VALUES(21,'{"about":"20261128-000004","at":"2026-11-28T04:53:50.353627Z","data":{"copy":null,"outcome":"quarantined","place":null,"state":"done","verdict":null},"kind":"filed","n":21}','9792ae7f0e5e841c6bd77c0039e3a990b66ee66ee2d61aae6c819c1fd412cd2a');
INSERT INTO "audit" VALUES(22,'{"about":"20261128-000005","at":"2026-11-28T04:53:50.360438Z","data":{"basis":"7cefc53abee7ac2a97da8c0e33b381f9e8103ded2136d8c89a88acf5e31156af","copy":"b2cdd4f89cec0076a310cf9b9b48646463b3ee1e16d4258a0c9578c88829cd04","faces":{"covered":1,"labels":0,"shown":0},"models":"16c6cd2109006fd3304a26a43a215f322a2f0f28bd217e823cb96128ba9dc649","outcome":"review","place":"review","program":"0.1.0","settings":"1d92f9be0d3bebe19bff1e83b94353892830ee837b548708ccd31687a86a3bae","state":"delivering","verdict":null,"why":["crashed"]},"kind":"decided","n":22}','e5404d21a8262348e0436dab7a3be9861a4143f48cd5cbb64403ee5f22615459');
INSERT INTO "audit" VALUES(23,'{"about":"20261128-000005","at":"2026-11-28T04:53:50.363580Z","data":{"copy":"b2cdd4f89cec0076a310cf9b9b48646463b3ee1e16d4258a0c9578c88829cd04","outcome":"review","place":"review","state":"done","verdict":null},"kind":"written","n":23}','43167ab543d5b5436a990c2878e2e5fe11fae7352e124b6552ed799dbce44151');
INSERT INTO "audit" VALUES(24,'{"about":"20261128-000006","at":"2026-11-28T04:53:50.376537Z","data":{"basis":"a7e99bacdc4eb1036e94a761941e73c361c76c06cb05a3ea7f3470a7830c5d04","copy":"8a57bd837cd743e1dc9cd983d3bd92e83ca571a3370b4cabdf1897a59784ef6f","faces":{"covered":1,"labels":0,"shown":0},"models":"16c6cd2109006fd3304a26a43a215f322a2f0f28bd217e823cb96128ba9dc649","outcome":"released","place":"outbox","program":"0.1.0","settings":"1d92f9be0d3bebe19bff1e83b94353892830ee837b548708ccd31687a86a3bae","state":"delivering","verdict":null,"why":[]},"kind":"decided","n":24}','f5330017aeb10cf93f83599ea0a9d65261fdea5051e417ebe48a5c49614b53af');
INSERT INTO "audit" VALUES(25,'{"about":"20261128-000006","at":"2026-11-28T04:53:50.379612Z","data":{"copy":"8a57bd837cd743e1dc9cd983d3bd92e83ca571a3370b4cabdf1897a59784ef6f","outcome":"released","place":"outbox","state":"done","verdict":null},"kind":"written","n":25}','4050fac6a77a579389f4d967677a86e72a171e13a9e8227a3cc91781fa36a281');
CREATE TABLE audit_secrets (
	subject VARCHAR NOT NULL, 
	secret BLOB NOT NULL, 
	PRIMARY KEY (subject)
);
INSERT INTO "audit_secrets" VALUES('photo:20261128-000001',X'FD8C64725C52FCBBE3403C525A7AACCECE520C38DD656DCECF611AE7C5385951');
INSERT INTO "audit_secrets" VALUES('photo:20261128-000002',X'6C5B19AF148B9A868DCF7D656368819ED951EF7A18F84060FA0F4CCEFF194A5F');
INSERT INTO "audit_secrets" VALUES('photo:20261128-000003',X'F61099313F26B9F976E84BB1B9D6F0FCB55AD4C999CCFAFE6AB11E6512AC0F9E');
INSERT INTO "audit_secrets" VALUES('photo:20261128-000004',X'E01359B53DB851C8EBF0748EF8237C5E3A36843719A5093347F79417CE0B731C');
INSERT INTO "audit_secrets" VALUES('photo:20261128-000005',X'EB267E6CE11A1B12D594B58A6CB1B8246FE1AE395FC6EAD1EFF9819A2D21384A');
INSERT INTO "audit_secrets" VALUES('photo:20261128-000006',X'C423F0200C5E629D42B2FF43407A9FD5772BA98BA65E052D54AA26926315AF7D');
CREATE TABLE counters (
	name VARCHAR NOT NULL, 
	last INTEGER NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "counters" VALUES('20261128',6);
INSERT INTO "counters" VALUES('outbox/website/fair-2026-11-28',2);
CREATE TABLE deleted (
	item VARCHAR NOT NULL, 
	what VARCHAR NOT NULL, 
	at DATETIME, 
	PRIMARY KEY (item, what)
);
CREATE TABLE facts (
	name VARCHAR NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "facts" VALUES('path-key','5eb76602da0fb4824df1f3fc74f94433bb264c6424e24fbedc5f970f32b77d73');
INSERT INTO "facts" VALUES('register-seen','{"seen": 1}');
INSERT INTO "facts" VALUES('audit-register','{"version": 1, "at": "2026-11-28T04:53:44.428451+00:00"}');
INSERT INTO "facts" VALUES('last-run','{"ended": "2026-11-28T04:53:50+00:00", "complete": 1, "photos": 6, "released": 2, "review": 2, "sealed": 1, "quarantined": 1, "duplicate": 0, "failed": 0, "held_folders": 0, "general_labels": 0, "ignored": 0, "trash": 0, "backup": 0, "unfinished": 0, "placeholder": 0, "companion": 0, "seconds": 5.783, "photos_per_second": 1.037}');
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
INSERT INTO "items" VALUES('20261128-000001','inbox','bc1a3857d35339759e83ae34e61c4baccd407c2e18c64be0a9de17930767f2cc','done','website','image','Fair',NULL,NULL,'2026-11-28 04:53:44.626313','6ff80bdeca598cd89417fd436f813ad5d57b8f45d2be0adb0b837da02aabbf86','released',NULL,NULL,NULL,'outbox/website/fair-2026-11-28-001.jpg','438cc67fc50f14df7f12f5cda99142ad7ca3a068f78d8de60aeb47dcb147f60e','d990228889cc2244f87ee50e1d38becdb2eb10474d5d89b7e56d1b7be40d6c73','{"outcome": "released", "reasons": [], "copy": {"sha256": "438cc67fc50f14df7f12f5cda99142ad7ca3a068f78d8de60aeb47dcb147f60e", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "no consent on record", "reason_code": {"code": "no-record", "text": "no consent on record"}, "person": "p1", "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 04:53:50.139481');
INSERT INTO "items" VALUES('20261128-000002','inbox','8593c0d92d1163f259bf8ceed97d930b3dcd65cce31fbb1d107ddac53c94b320','done','website','image','Fair',NULL,NULL,'2026-11-28 04:53:44.792308','c97ace4c8fef2cee8fa0f3c9f52aab18dbd4f42438afe362ffb8f75ce4c04b84','review',NULL,NULL,NULL,'review/20261128-000002.jpg','5c6c345467fa9d99efc6631f4dd7c5220ea326beac64f27015c26f03ff76db0d','d990228889cc2244f87ee50e1d38becdb2eb10474d5d89b7e56d1b7be40d6c73','{"outcome": "review", "reasons": [{"code": "every-photo-waits", "text": "this school looks at every photo before release"}], "copy": {"sha256": "5c6c345467fa9d99efc6631f4dd7c5220ea326beac64f27015c26f03ff76db0d", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "not recognised", "reason_code": {"code": "not-recognised", "text": "not recognised"}, "person": null, "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 04:53:50.277033');
INSERT INTO "items" VALUES('20261128-000003','inbox','73c97d082e925dd89dfb1f7d3d7950804f2ec3e00c92683f1c7fa9540a09fd7c','done','website','image','Fair',NULL,NULL,'2026-11-28 04:53:44.959446','f0f668bf610e5cf9f11d2aa50f924ada10797100e8f05de085842ddb6370a867','sealed',NULL,NULL,NULL,NULL,NULL,NULL,'{"outcome": "sealed", "reasons": [{"code": "may-be-indecent", "text": "the picture may be indecent: only the safeguarding lead may deal with it"}], "copy": null, "seconds": {}}','2026-11-28 04:53:50.346679');
INSERT INTO "items" VALUES('20261128-000004','inbox','3a64acf0253aed9563f9e3e94d4425fc2bf86a10d91ea073be85339a8bf3d2c7','done','website','image','Fair',NULL,NULL,'2026-11-28 04:53:45.109104','2f05d4b689d270cafb02285f35f44866f7dc8a2d368a3f9d1124373eeab31fb1','quarantined',NULL,NULL,NULL,NULL,NULL,NULL,'{"outcome": "quarantined", "reasons": [{"code": "unreadable", "text": "not a picture", "detail": "not a picture", "remedy": ""}], "copy": null, "seconds": {}}','2026-11-28 04:53:50.352050');
INSERT INTO "items" VALUES('20261128-000005','inbox','40e2693425b3580c4808614f5176bff0996eff1a7ce44a2262729d398edfa502','done','website','image','Fair',NULL,NULL,'2026-11-28 04:53:50.221958','2da7ed1cc37a0ffa4e93759a115445a6b422e59643a13f6f87bf950cd67cdcfd','review',NULL,NULL,NULL,'review/20261128-000005.jpg','d259a3f3d0e7918a1afe51ff46fb8ba18bf02bbbde9588376b3a90a2f041f968','d990228889cc2244f87ee50e1d38becdb2eb10474d5d89b7e56d1b7be40d6c73','{"outcome": "review", "reasons": [{"code": "crashed", "text": "the photo could not be processed (two)", "error": "two"}], "copy": {"sha256": "d259a3f3d0e7918a1afe51ff46fb8ba18bf02bbbde9588376b3a90a2f041f968", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "not recognised", "reason_code": {"code": "not-recognised", "text": "not recognised"}, "person": null, "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 04:53:50.361711');
INSERT INTO "items" VALUES('20261128-000006','inbox','6d0a5f9553ec7fbadc7b535c7642793d98fc95ec90c37c8bef25493468f9d2cc','done','website','image','Fair',NULL,NULL,'2026-11-28 04:53:50.295218','a116c9ed46d6207734a43317d30fd88f52ac8634c37d904bbf4e41d865f90475','released',NULL,NULL,NULL,'outbox/website/fair-2026-11-28-002.jpg','fcbe03b044480c91363fb8e517da4acdff7196c1a5960dc7634cf25901f03d6f','d990228889cc2244f87ee50e1d38becdb2eb10474d5d89b7e56d1b7be40d6c73','{"outcome": "released", "reasons": [], "copy": {"sha256": "fcbe03b044480c91363fb8e517da4acdff7196c1a5960dc7634cf25901f03d6f", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "not recognised", "reason_code": {"code": "not-recognised", "text": "not recognised"}, "person": null, "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 04:53:50.377894');
CREATE TABLE published (
	item VARCHAR NOT NULL, 
	place VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (item, place)
);
CREATE TABLE replaced (
	item VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	PRIMARY KEY (item)
);
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
INSERT INTO "sources" VALUES('20261128-000001',7,1795841624467679062,1795841630132441609);
INSERT INTO "sources" VALUES('20261128-000002',6,1795841624467739905,1795841630276610331);
INSERT INTO "sources" VALUES('20261128-000004',3,1795841624467819795,1795841630351797048);
INSERT INTO "sources" VALUES('20261128-000005',10,1795841624467856854,1795841630361297497);
INSERT INTO "sources" VALUES('20261128-000006',5,1795841624467893823,1795841630372441606);
CREATE TABLE verdicts (
	item VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	verdict VARCHAR, 
	"by" VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (item, number)
);
CREATE INDEX ix_items_path_key ON items (path_key);
CREATE INDEX ix_items_outcome ON items (outcome);
CREATE INDEX ix_items_state ON items (state);
CREATE INDEX ix_items_sha256 ON items (sha256);
PRAGMA user_version = 5;
COMMIT;
