// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_schema.c - the JSON schema of the lines that report_json.c writes
 *
 * Written as JSON and made a string by the preprocessor, so that it can be read
 * here. docs/json.md explains it; the unit
 * test checks every kind of line against it.
 */
#include "core/report_sink.h"

#define TEXT_OF(...) #__VA_ARGS__

/* clang-format off */
const char report_json_schema[] = TEXT_OF({
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"title": "One line of a report",
	"type": "object",
	"required": ["type"],
	"properties": { "type": { "type": "string" } },
	"oneOf": [
		{ "$ref": "#/$defs/report" },
		{ "$ref": "#/$defs/row" },
		{ "$ref": "#/$defs/event" },
		{ "$ref": "#/$defs/ledger" },
		{ "$ref": "#/$defs/ledger_total" }
	],
	"$defs": {
		"report": {
			"description": "A report begins: the lines up to the next ledger_total are its own.",
			"type": "object",
			"required": ["type", "why", "time_ns"],
			"additionalProperties": false,
			"properties": {
				"type": { "const": "report" },
				"why": { "enum": ["final", "interval", "signal", "loss"] },
				"time_ns": { "$ref": "#/$defs/count" }
			}
		},
		"row": {
			"description": "A row of the profiler's own: its type and values are the profiler's.",
			"type": "object",
			"required": ["type"],
			"additionalProperties": {
				"anyOf": [
					{ "type": "integer" },
					{ "type": "string" },
					{ "type": "boolean" },
					{ "$ref": "#/$defs/groups" }
				]
			},
			"properties": {
				"type": {
					"type": "string",
					"not": { "enum": ["report", "event", "ledger", "ledger_total"] }
				},
				"stack": { "$ref": "#/$defs/stack" }
			}
		},
		"event": {
			"description": "One event.",
			"type": "object",
			"required": ["type", "time_ns", "pid", "tid", "cpu", "event", "fields"],
			"additionalProperties": false,
			"properties": {
				"type": { "const": "event" },
				"time_ns": { "$ref": "#/$defs/count" },
				"pid": { "$ref": "#/$defs/count" },
				"tid": { "$ref": "#/$defs/count" },
				"cpu": { "$ref": "#/$defs/count" },
				"comm": { "type": "string" },
				"event": { "type": "string" },
				"alias": { "type": "string" },
				"fields": {
					"type": "object",
					"additionalProperties": { "type": ["integer", "string"] }
				},
				"stack": { "$ref": "#/$defs/stack" }
			}
		},
		"ledger": {
			"description": "One thing that was lost (loss) or is worth knowing (note).",
			"type": "object",
			"required": ["type", "kind", "name", "count", "meaning"],
			"additionalProperties": false,
			"properties": {
				"type": { "const": "ledger" },
				"kind": { "enum": ["loss", "note"] },
				"name": { "type": "string" },
				"count": { "$ref": "#/$defs/count" },
				"meaning": { "type": "string" }
			}
		},
		"ledger_total": {
			"description": "The last line of a report: the sums of its ledger lines; 0 and 0 is a clean sheet.",
			"type": "object",
			"required": ["type", "losses", "notes"],
			"additionalProperties": false,
			"properties": {
				"type": { "const": "ledger_total" },
				"losses": { "$ref": "#/$defs/count" },
				"notes": { "$ref": "#/$defs/count" }
			}
		},
		"count": { "type": "integer", "minimum": 0 },
		"address": { "type": "string", "pattern": "^0x[0-9a-f]+$" },
		"stack": {
			"description": "Innermost frame first.",
			"type": "array",
			"items": { "$ref": "#/$defs/frame" }
		},
		"frame": {
			"type": "object",
			"required": ["ip"],
			"additionalProperties": false,
			"properties": {
				"ip": { "$ref": "#/$defs/address" },
				"symbol": { "type": "string" },
				"offset": { "$ref": "#/$defs/count" },
				"object": { "type": "string" }
			}
		},
		"groups": {
			"type": "array",
			"items": { "$ref": "#/$defs/group" }
		},
		"group": {
			"type": "object",
			"required": ["name", "bytes", "objects"],
			"additionalProperties": false,
			"properties": {
				"name": { "type": "string" },
				"bytes": { "$ref": "#/$defs/count" },
				"objects": { "$ref": "#/$defs/count" }
			}
		}
	}
});
/* clang-format on */
