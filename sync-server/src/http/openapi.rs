//! The description of the addresses, for other implementers. A test compares it with what the router answers.

use serde_json::{Value, json};

/// The OpenAPI document. The formats of bodies are in `docs/protocol.md`: they are lines within a zstd frame, which no schema says.
pub fn document() -> Value {
    let refusal = json!({
        "description": "Refused; nothing was taken. A stable code, words for a person, and when to try again.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    });
    let device = json!([
        {"name": "holdfast-device", "in": "header", "required": true, "schema": {"type": "string"}, "description": "The phone's name."},
        {"name": "holdfast-signature", "in": "header", "required": true, "schema": {"type": "string"},
         "description": "P-256 over the request, fixed length, base64url without padding (docs/protocol.md)."}
    ]);
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Holdfast", "version": env!("CARGO_PKG_VERSION"), "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
                 "description": "What phones and the office say to each other."},
        "paths": {
            "/v1/enrol": {"post": {
                "operationId": "enrol", "summary": "Enrols a phone with a one-time code, or lets a further worker read on one that is known.",
                "parameters": [{"name": "holdfast-signature", "in": "header", "required": false, "schema": {"type": "string"},
                    "description": "P-256 by device_key over the request; needed from a phone that is known (docs/protocol.md)."}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EnrolRequest"}}}},
                "responses": {
                    "200": {"description": "Enrolled.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EnrolReply"}}}},
                    "400": refusal, "401": refusal, "403": refusal, "413": refusal, "429": refusal, "503": refusal
                }
            }},
            "/v1/sync": {"post": {
                "operationId": "sync", "summary": "Push, pull, clock sample and heartbeat in one round trip. Safe to repeat blindly.",
                "parameters": device,
                "requestBody": {"required": true, "content": {"application/vnd.holdfast.sync+zstd": {"schema": {"type": "string", "format": "binary"}}}},
                "responses": {
                    "200": {"description": "Receipts, and what is new in the phone's scope. Signed by the office in holdfast-signature.",
                            "content": {"application/vnd.holdfast.sync+zstd": {"schema": {"type": "string", "format": "binary"}}}},
                    "400": refusal, "401": refusal, "403": refusal, "409": refusal, "413": refusal, "422": refusal, "429": refusal, "500": refusal, "503": refusal
                }
            }},
            "/v1/live": {"get": {
                "operationId": "live", "summary": "Server-sent events: something of the branch is new. Carries a count, never content.",
                "parameters": device,
                "responses": {"200": {"description": "Events named nudge.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}, "401": refusal}
            }},
            "/health": {"get": {
                "operationId": "health", "summary": "Whether the store can be written.",
                "responses": {"200": {"description": "It can."}, "503": {"description": "It cannot; the body is a stable code."}}
            }},
            "/metrics": {"get": {
                "operationId": "metrics", "summary": "Counts in the text format of Prometheus. No person in any of them.",
                "responses": {"200": {"description": "Counts.", "content": {"text/plain": {"schema": {"type": "string"}}}}}
            }},
            "/openapi.json": {"get": {
                "operationId": "openapi", "summary": "This document.",
                "responses": {"200": {"description": "This document.", "content": {"application/json": {"schema": {"type": "object"}}}}}
            }}
        },
        "components": {"schemas": {
            "Refusal": {
                "type": "object", "required": ["code", "says"],
                "properties": {
                    "code": {"type": "string", "description": "Stable; docs/errors.md lists them."},
                    "says": {"type": "string", "description": "For a person: what happened, what is safe, what to do."},
                    "retry_ms": {"type": "integer", "description": "Milliseconds after which to try again, when that helps."}
                }
            },
            "EnrolRequest": {
                "type": "object", "required": ["v", "code", "device_key", "label", "epoch"],
                "properties": {
                    "v": {"type": "integer"}, "code": {"type": "string"}, "device_key": {"type": "string"},
                    "label": {"type": "string"}, "epoch": {"type": "string"},
                    "device": {"type": "string", "description": "The name that the phone had before."},
                    "worker": {"type": "string", "description": "Whose lock is to be made anew."}
                }
            },
            "EnrolReply": {
                "type": "object",
                "required": ["v", "provider", "branch", "device", "worker", "worker_name", "role", "server_epoch", "office_key", "provider_key", "lease_ms"],
                "properties": {
                    "v": {"type": "integer"}, "provider": {"type": "string"}, "branch": {"type": "string"}, "device": {"type": "string"},
                    "worker": {"type": "string"}, "worker_name": {"type": "string"},
                    "role": {"enum": ["worker", "lead", "coordinator", "manager", "administrator"]},
                    "server_epoch": {"type": "string"}, "office_key": {"type": "string"}, "provider_key": {"type": "string"},
                    "lease_ms": {"type": "integer"},
                    "reader": {"type": "string", "description": "Proof that this worker reads on this phone."}
                }
            }
        }}
    })
}
