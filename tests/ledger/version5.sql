-- A ledger of version 5 as the program of that version left it: a copy released, one approved and one rejected by a
-- person, one that waits, a sealed photo, and the audit record of all of them.
BEGIN TRANSACTION;
CREATE TABLE audit (
	number INTEGER NOT NULL, 
	entry TEXT NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "audit" VALUES(1,'{"about":"20261128-000001","at":"2026-11-28T05:41:48.817524Z","data":{"from":"inbox","medium":"image","outcome":null,"purpose":"website","state":"received","verdict":null},"kind":"received","n":1}','0d18eca3fed47c6136d83d2c9185fc0fcce56ec694de4748ca552129e966dfec');
INSERT INTO "audit" VALUES(2,'{"about":"20261128-000001","at":"2026-11-28T05:41:48.866089Z","data":{"original":"691a58f99a579df35970bdfe6f89fedf8f124f715cb563057f2ed3de5b0f654b","outcome":null,"state":"claimed","verdict":null},"kind":"claimed","n":2}','5263dbe1e9cd4f5a8a2ee91f7f70e360c4218c6b650d5615a85d36b11a468cbc');
INSERT INTO "audit" VALUES(3,'{"about":null,"at":"2026-11-28T05:41:49.136927Z","data":{"file":"92a1a028f3fdcc737a77038ef7453894cd7c859873627b6932f4ca9ce03203c3","rows":{"consent":2,"detail":2,"import_file":1,"listed":2,"person":2},"since":"2026-11-28T05:41:48.652594+00:00","version":1,"what":"import"},"kind":"import","n":3}','eee1f9cf0addd2404c53efbb4ecf7f2f95ed3e4a712736e76697becaaeffd1fe');
INSERT INTO "audit" VALUES(4,'{"about":"20261128-000002","at":"2026-11-28T05:41:49.197545Z","data":{"from":"inbox","medium":"image","outcome":null,"purpose":"website","state":"received","verdict":null},"kind":"received","n":4}','d9800c9b1d0f68a885e409889819f9bc4e4730ffca501ec589dc4c82b87c18dd');
INSERT INTO "audit" VALUES(5,'{"about":"20261128-000002","at":"2026-11-28T05:41:49.275722Z","data":{"original":"26864b83bb439e15a808026647fa61dfb449ab8627ed87b1296ddd3ee2fcc585","outcome":null,"state":"claimed","verdict":null},"kind":"claimed","n":5}','9d9842a3c3186443788afb54672b65f98e91b3a0ff9efbd003a5a1bb0c20769f');
INSERT INTO "audit" VALUES(6,'{"about":"20261128-000001","at":"2026-11-28T05:41:51.295723Z","data":{"basis":"3f5abea824b185106b71d011113e1e91c0fb57126dd22143bc70d9fb40bb8a24","copy":"b9b4ce4b68387e480e228e99894dcab24b41872eed60cc95e0f8093b31d0fa08","faces":{"covered":1,"labels":0,"shown":0},"models":"16c6cd2109006fd3304a26a43a215f322a2f0f28bd217e823cb96128ba9dc649","outcome":"released","place":"outbox","program":"0.1.0","settings":"1d92f9be0d3bebe19bff1e83b94353892830ee837b548708ccd31687a86a3bae","state":"delivering","verdict":null,"why":[]},"kind":"decided","n":6}','db4265ec25076556cafd7ee3aba89cdc3bb9befb8e7bb8bae3ec244b99a72dbf');
INSERT INTO "audit" VALUES(7,'{"about":"20261128-000001","at":"2026-11-28T05:41:51.300776Z","data":{"copy":"b9b4ce4b68387e480e228e99894dcab24b41872eed60cc95e0f8093b31d0fa08","outcome":"released","place":"outbox","state":"done","verdict":null},"kind":"written","n":7}','292c387fbb5c16e3ca6258998843a9c00e17f4316fdfbbec887f661ceff40d28');
INSERT INTO "audit" VALUES(8,'{"about":"20261128-000003","at":"2026-11-28T05:41:51.312702Z","data":{"from":"inbox","medium":"image","outcome":null,"purpose":"website","state":"received","verdict":null},"kind":"received","n":8}','c2610cfea8e526f1bdf72a09c2ccfa62dbc8dc622607eb3087ecb63106db300b');
INSERT INTO "audit" VALUES(9,'{"about":"20261128-000003","at":"2026-11-28T05:41:51.317169Z","data":{"original":"b832743a9fe20f02c17dd8eba44c9b765982b207d8aeab98097d471d20bcc7f8","outcome":null,"state":"claimed","verdict":null},"kind":"claimed","n":9}','09b09cc9b420226b794ca915b12a895cf8dfb47a4d5b6c8a2f79b329b7108563');
INSERT INTO "audit" VALUES(10,'{"about":"20261128-000002","at":"2026-11-28T05:41:51.336335Z","data":{"basis":"2325e9ea6ffd2c57bd1b4d96a2f30ce8218adb1b985ca981b8dac1fb05138f2b","copy":"15104bd0baac184cba64233e7c307ebb02ddb3884105148927ad718842c9eb4c","faces":{"covered":1,"labels":0,"shown":0},"models":"16c6cd2109006fd3304a26a43a215f322a2f0f28bd217e823cb96128ba9dc649","outcome":"review","place":"review","program":"0.1.0","settings":"1d92f9be0d3bebe19bff1e83b94353892830ee837b548708ccd31687a86a3bae","state":"delivering","verdict":null,"why":["crashed"]},"kind":"decided","n":10}','07e0401a0c2c49a0ee2614d8146d560b30f144d94cc409f075ed5c0a0c05eea0');
INSERT INTO "audit" VALUES(11,'{"about":"20261128-000002","at":"2026-11-28T05:41:51.341082Z","data":{"copy":"15104bd0baac184cba64233e7c307ebb02ddb3884105148927ad718842c9eb4c","outcome":"review","place":"review","state":"done","verdict":null},"kind":"written","n":11}','bff02655d7eba4b251300c7d554c88dc3b784306e48e197092710d27ca362eed');
INSERT INTO "audit" VALUES(12,'{"about":"20261128-000004","at":"2026-11-28T05:41:51.351014Z","data":{"from":"inbox","medium":"image","outcome":null,"purpose":"website","state":"received","verdict":null},"kind":"received","n":12}','9877d57e2612df8a9a7ad46c3e769874cfc4c9c888161a9c5448feef3421857e');
INSERT INTO "audit" VALUES(13,'{"about":"20261128-000004","at":"2026-11-28T05:41:51.355539Z","data":{"original":"0ce4a3540d00a2d57bf12bc85f58e61935d3152a537e6a8090adab2b8a254ea4","outcome":null,"state":"claimed","verdict":null},"kind":"claimed","n":13}','8ad7489ea2184c1b6d5efda6a48138318a6d7758e36889bdc17aa8de4345dd45');
INSERT INTO "audit" VALUES(14,'{"about":"20261128-000003","at":"2026-11-28T05:41:51.370820Z","data":{"basis":"5ec6cbcd2528f646b02b8facb3664c45d26edaf09fd41ce8b38d658e70414b4a","copy":"f22c7b8d0d251147176a3227e2b145713674644e3c3b7b8959683c9ca0c51e9e","faces":{"covered":1,"labels":0,"shown":0},"models":"16c6cd2109006fd3304a26a43a215f322a2f0f28bd217e823cb96128ba9dc649","outcome":"review","place":"review","program":"0.1.0","settings":"1d92f9be0d3bebe19bff1e83b94353892830ee837b548708ccd31687a86a3bae","state":"delivering","verdict":null,"why":["crashed"]},"kind":"decided","n":14}','6897da0575d3e3b9161b0ba01e010b936ad8ad0310550ba19268387cf95c8360');
INSERT INTO "audit" VALUES(15,'{"about":"20261128-000003","at":"2026-11-28T05:41:51.375104Z","data":{"copy":"f22c7b8d0d251147176a3227e2b145713674644e3c3b7b8959683c9ca0c51e9e","outcome":"review","place":"review","state":"done","verdict":null},"kind":"written","n":15}','de037b0890c2200e9176688353ab98db5982aea8867f57a7a70a10d6fb6ec422');
INSERT INTO "audit" VALUES(16,'{"about":"20261128-000005","at":"2026-11-28T05:41:51.383426Z","data":{"from":"inbox","medium":"image","outcome":null,"purpose":"website","state":"received","verdict":null},"kind":"received","n":16}','782adc42b227e994ba5d0587c0250ffa47054b207f97d79013ce4e82d4861aea');
INSERT INTO "audit" VALUES(17,'{"about":"20261128-000005","at":"2026-11-28T05:41:51.386696Z","data":{"original":"030573079e497f5ee47d6b6970477e773e79e9258f707f6af2fc80f9d33089ae","outcome":null,"state":"claimed","verdict":null},"kind":"claimed","n":17}','81a86e4a92b985f2d9dbda61c56ee5133ed56d2e7cf087d5e9d7a40824efea0b');
INSERT INTO "audit" VALUES(18,'{"about":"20261128-000004","at":"2026-11-28T05:41:51.401065Z","data":{"basis":"4bb04bbed13bc245a3fcbc082320a5baa449dd1f635ca0383aee2bc638b9cab9","copy":"374638e36bc931b56481048f556aa73076ab106d75ee3466e650fdd5ec890e16","faces":{"covered":1,"labels":0,"shown":0},"models":"16c6cd2109006fd3304a26a43a215f322a2f0f28bd217e823cb96128ba9dc649","outcome":"review","place":"review","program":"0.1.0","settings":"1d92f9be0d3bebe19bff1e83b94353892830ee837b548708ccd31687a86a3bae","state":"delivering","verdict":null,"why":["crashed"]},"kind":"decided","n":18}','f4e330a8b2203519f9ec05171c78099ef342b0468c39af4f273a75c5651e80ce');
INSERT INTO "audit" VALUES(19,'{"about":"20261128-000004","at":"2026-11-28T05:41:51.405170Z","data":{"copy":"374638e36bc931b56481048f556aa73076ab106d75ee3466e650fdd5ec890e16","outcome":"review","place":"review","state":"done","verdict":null},"kind":"written","n":19}','541b5bc328c190351a38c9dd0648e6aa5f5ad85989a8eb75f6672a9f1587d535');
INSERT INTO "audit" VALUES(20,'{"about":"20261128-000005","at":"2026-11-28T05:41:51.414783Z","data":{"basis":null,"copy":null,"faces":{},"models":"16c6cd2109006fd3304a26a43a215f322a2f0f28bd217e823cb96128ba9dc649","outcome":"sealed","place":null,"program":"0.1.0","settings":"1d92f9be0d3bebe19bff1e83b94353892830ee837b548708ccd31687a86a3bae","state":"delivering","verdict":null,"why":[]},"kind":"decided","n":20}','ae3003a29d231bb872647c8eb92bb5cce56ca1274dc207f1dfb6a7a556b5f2bb');
INSERT INTO "audit" VALUES(21,'{"about":"20261128-000005","at":"2026-11-28T05:41:51.429024Z","data":{"copy":null,"outcome":"sealed","place":null,"state":"done","verdict":null},"kind":"sealed","n":21}','02ae770064111277b253a4d43ef953db98c4a4e77e61a98cef7ad08f63f7a52a');
INSERT INTO "audit" VALUES(22,'{"about":"20261128-000002","at":"2026-11-28T05:41:52.224057Z","data":{"basis":"2325e9ea6ffd2c57bd1b4d96a2f30ce8218adb1b985ca981b8dac1fb05138f2b","by":"0044e77ae068f37ee8eec1403ed17cbf433ae8ecb034c5cd6e8547cf9baf5670","copy":"15104bd0baac184cba64233e7c307ebb02ddb3884105148927ad718842c9eb4c","outcome":"review","place":"outbox","state":"delivering","verdict":"approved"},"kind":"reviewed","n":22}','a0d559baf599886a31453d6c225765b318270bc54acdf1c14f9a208e0273643f');
INSERT INTO "audit" VALUES(23,'{"about":"20261128-000002","at":"2026-11-28T05:41:52.230499Z","data":{"copy":"15104bd0baac184cba64233e7c307ebb02ddb3884105148927ad718842c9eb4c","outcome":"review","place":"outbox","state":"done","verdict":"approved"},"kind":"written","n":23}','3b89f481bb51091eb40cb99f55d3afc2495e9ce784d00cef1c814aa1f88063c3');
INSERT INTO "audit" VALUES(24,'{"about":"20261128-000003","at":"2026-11-28T05:41:52.241820Z","data":{"basis":"5ec6cbcd2528f646b02b8facb3664c45d26edaf09fd41ce8b38d658e70414b4a","by":"93d93a5c41c782211e53b37e4cc05e92b9f53f54a93c08e5ba2c36a4b26e9052","copy":"f22c7b8d0d251147176a3227e2b145713674644e3c3b7b8959683c9ca0c51e9e","outcome":"review","place":null,"state":"delivering","verdict":"rejected"},"kind":"reviewed","n":24}','ec35b15a8c8a4904acfa7bbe3dfaf9001afeb3b067948f0dd01a810ee7af70b5');
INSERT INTO "audit" VALUES(25,'{"about":"20261128-000003","at":"2026-11-28T05:41:52.246005Z","data":{"copy":"f22c7b8d0d251147176a3227e2b145713674644e3c3b7b8959683c9ca0c51e9e","outcome":"review","place":null,"state":"done","verdict":"rejected"},"kind":"rejected","n":25}','8932543a9e888f848b577328abcf2f02603e236cf3b0f9a6de860d6802767139');
INSERT INTO "audit" VALUES(26,'{"about":null,"at":"2026-11-28T05:41:52.329104Z","data":{"by":"fed1b8e25e35fbb15fd6fcee8a7b1903420656322443dae9821e1cf3c8e05b5b"},"kind":"signed-in","n":26}','a80c34a9e150e090b863da1c105d28a44aef9bbdec1ded082b6851e2269b0f4c');
CREATE TABLE audit_secrets (
	subject VARCHAR NOT NULL, 
	secret BLOB NOT NULL, 
	PRIMARY KEY (subject)
);
INSERT INTO "audit_secrets" VALUES('photo:20261128-000001',X'9BFD4854C0C62B2C48D2915F66F911CC94ACCAC40E4B489D8B867715AFAA282D');
INSERT INTO "audit_secrets" VALUES('photo:20261128-000002',X'C9D171A3D70EEFBF1EB8904DDDA7D716AEB409EE4299C4563B041DA2793DEE9C');
INSERT INTO "audit_secrets" VALUES('photo:20261128-000003',X'29E77C93B16EF09D44D1972150621D9EBD78CB113F9B45C38D257B7344A801B5');
INSERT INTO "audit_secrets" VALUES('photo:20261128-000004',X'BE0EB1EEE0D2DACAABFA8A58FA762B1EB6EA5369F015FD89814327D09370ABF2');
INSERT INTO "audit_secrets" VALUES('photo:20261128-000005',X'627C7FF8C87DD696E4A03F879EE850D6B82AEAB362381C05A13E8B8E5634DFF2');
INSERT INTO "audit_secrets" VALUES('by:office',X'73F53EADDEE95A3C3D4B90F316DB210714034A047221377B3E9E51CD9F6A0C36');
CREATE TABLE counters (
	name VARCHAR NOT NULL, 
	last INTEGER NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "counters" VALUES('20261128',5);
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
INSERT INTO "facts" VALUES('path-key','539327c7cc9cae6f487920be868ad786a70dddbdfa79a067e8cf093479f87123');
INSERT INTO "facts" VALUES('register-seen','{"seen": 1}');
INSERT INTO "facts" VALUES('audit-register','{"version": 1, "at": "2026-11-28T05:41:48.652594+00:00"}');
INSERT INTO "facts" VALUES('last-run','{"ended": "2026-11-28T05:41:51+00:00", "complete": 1, "photos": 5, "released": 1, "review": 3, "sealed": 1, "quarantined": 0, "duplicate": 0, "failed": 0, "held_folders": 0, "general_labels": 0, "ignored": 0, "trash": 0, "backup": 0, "unfinished": 0, "placeholder": 0, "companion": 0, "seconds": 2.649, "photos_per_second": 1.888}');
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
INSERT INTO "items" VALUES('20261128-000001','inbox','b8de199436bae53e968c7a133a0bd5a7be2ed1b76041ee5bdd032265e5b0cca1','done','website','image','Fair',NULL,NULL,'2026-11-28 05:41:48.810207','6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b','released',NULL,NULL,NULL,'outbox/website/fair-2026-11-28-001.jpg','c3427fba3f12b08577ea1f3d8d9817794780ad8bbc78027bb26baad5bc3933c2','d990228889cc2244f87ee50e1d38becdb2eb10474d5d89b7e56d1b7be40d6c73','{"outcome": "released", "reasons": [], "copy": {"sha256": "c3427fba3f12b08577ea1f3d8d9817794780ad8bbc78027bb26baad5bc3933c2", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "not recognised", "reason_code": {"code": "not-recognised", "text": "not recognised"}, "person": null, "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 05:41:51.297531');
INSERT INTO "items" VALUES('20261128-000002','inbox','70208cfbb0e962a31a84a0031763c4a723eecc48d5bf1d003518b4c2ded985bd','done','website','image','Fair',NULL,NULL,'2026-11-28 05:41:49.183240','2e6bcfb6b79437dda15db0f6a146822fb560689641bb412993e9a83b747e98a2','review','approved',NULL,NULL,'outbox/website/fair-2026-11-28-002.jpg','fe256d1a7a0350652354bde1d9100925bdacc806bb1553163f234c2e6fed66c8','d990228889cc2244f87ee50e1d38becdb2eb10474d5d89b7e56d1b7be40d6c73','{"outcome": "review", "reasons": [{"code": "crashed", "text": "the photo could not be processed (please look)", "error": "please look"}], "copy": {"sha256": "fe256d1a7a0350652354bde1d9100925bdacc806bb1553163f234c2e6fed66c8", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "not recognised", "reason_code": {"code": "not-recognised", "text": "not recognised"}, "person": null, "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 05:41:51.338068');
INSERT INTO "items" VALUES('20261128-000003','inbox','72da398047c5844a860dfa4a547046bbb24605949f0ec6b371759d24e537c8b5','done','website','image','Fair',NULL,NULL,'2026-11-28 05:41:51.311147','dcc79eca7318f96bd4ce394fc92e15ab8af5101629b55590d698d23126daa066','review','rejected',NULL,NULL,NULL,'221865da19fbdd97ddfdcac1850919ac80d6e7cc4763429450cf46e117e58679','d990228889cc2244f87ee50e1d38becdb2eb10474d5d89b7e56d1b7be40d6c73','{"outcome": "review", "reasons": [{"code": "crashed", "text": "the photo could not be processed (and look again)", "error": "and look again"}], "copy": {"sha256": "221865da19fbdd97ddfdcac1850919ac80d6e7cc4763429450cf46e117e58679", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "not recognised", "reason_code": {"code": "not-recognised", "text": "not recognised"}, "person": null, "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 05:41:51.372491');
INSERT INTO "items" VALUES('20261128-000004','inbox','f3298a3cfccf8786f41c396059c9eeed08593bb268abb5d08e349912dccdc05a','done','website','image','Fair',NULL,NULL,'2026-11-28 05:41:51.349620','027a0879630480edfa91b5c11c8967a0cf6d97c1ab4c3a114967fc68b6ae3959','review',NULL,NULL,NULL,'review/20261128-000004.jpg','4c71e25cc3117861b0d7696a7f99a5dcb382977162d69ebf94958846a5d21bdc','d990228889cc2244f87ee50e1d38becdb2eb10474d5d89b7e56d1b7be40d6c73','{"outcome": "review", "reasons": [{"code": "crashed", "text": "the photo could not be processed (for later)", "error": "for later"}], "copy": {"sha256": "4c71e25cc3117861b0d7696a7f99a5dcb382977162d69ebf94958846a5d21bdc", "source_wh": [40, 30], "output_wh": [20, 15], "faces": [{"box": [1.0, 2.0, 3.0, 4.0], "score": 0.9, "decision": "obscure", "reason": "not recognised", "reason_code": {"code": "not-recognised", "text": "not recognised"}, "person": null, "could_be": []}], "labels": [], "taken_on": null, "device": null, "notices": [], "crop": null, "answers": []}, "seconds": {"decode": 0.1}}','2026-11-28 05:41:51.402500');
INSERT INTO "items" VALUES('20261128-000005','inbox','a9a0fbf01a2502354140ade76401a0473a7a46cd1f8c4d28f73e987ddcc6f3b8','done','website','image','Fair',NULL,NULL,'2026-11-28 05:41:51.382485','546724887738b3f9c11d369a101425e1347d085eeac5f0197083be7eebff7a8b','sealed',NULL,NULL,NULL,NULL,NULL,NULL,'{"outcome": "sealed", "reasons": [{"code": "may-be-indecent", "text": "the picture may be indecent: only the safeguarding lead may deal with it"}], "copy": null, "seconds": {}}','2026-11-28 05:41:51.418665');
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
INSERT INTO "sources" VALUES('20261128-000001',1,1795844508685458546,1795844511292411811);
INSERT INTO "sources" VALUES('20261128-000002',18,1795844508685596404,1795844511337655907);
INSERT INTO "sources" VALUES('20261128-000003',21,1795844508685676583,1795844511372124119);
INSERT INTO "sources" VALUES('20261128-000004',16,1795844508685743799,1795844511402082725);
CREATE TABLE verdicts (
	item VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	verdict VARCHAR, 
	"by" VARCHAR NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (item, number)
);
INSERT INTO "verdicts" VALUES('20261128-000002',1,'approved','office','2026-11-28 05:41:52.224552');
INSERT INTO "verdicts" VALUES('20261128-000003',1,'rejected','office','2026-11-28 05:41:52.242107');
CREATE INDEX ix_items_path_key ON items (path_key);
CREATE INDEX ix_items_state ON items (state);
CREATE INDEX ix_items_sha256 ON items (sha256);
CREATE INDEX ix_items_outcome ON items (outcome);
PRAGMA user_version = 5;
COMMIT;
