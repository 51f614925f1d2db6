//! What answers from the first moment of a process on, before the rest of it is there.
//!
//! **Invariant:** whoever is awaited can't keep the probes from answering.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde_json::json;
use tower::ServiceExt as _;

/// Answers probes while a process waits for what it needs, then hands every request on.
#[derive(Clone, Default)]
pub struct Door(Arc<Hall>);

#[derive(Default)]
struct Hall {
    awaited: Mutex<Option<&'static str>>,
    rooms: OnceLock<Router>,
}

impl Door {
    /// Notes which part is awaited, for `/readyz`.
    pub fn awaits(&self, part: &'static str) {
        *self.0.awaited.lock().unwrap_or_else(PoisonError::into_inner) = Some(part);
    }

    /// From now on `rooms` answers everything; only the first ones count.
    pub fn open(&self, rooms: Router) {
        // Nobody opens a door twice.
        let _ = self.0.rooms.set(rooms);
    }

    /// What a listener serves.
    pub fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }
}

async fn answer(State(Door(hall)): State<Door>, request: Request) -> Response {
    if let Some(rooms) = hall.rooms.get() {
        return rooms.clone().oneshot(request).await.into_response();
    }
    match request.uri().path() {
        "/livez" => "ok\n".into_response(),
        "/readyz" => {
            let awaited = *hall.awaited.lock().unwrap_or_else(PoisonError::into_inner);
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "ready": false, "awaited": awaited }))).into_response()
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, "starting\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::to_bytes, routing::get};

    use super::*;

    async fn ask(door: &Door, path: &str) -> (u16, String) {
        let request = Request::builder().uri(path).body(axum::body::Body::empty()).unwrap();
        let answer = door.router().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        (status, String::from_utf8(to_bytes(answer.into_body(), 1000).await.unwrap().to_vec()).unwrap())
    }

    #[tokio::test]
    async fn probes_are_answered_before_the_rest_is_there() {
        let door = Door::default();
        door.awaits("queue");
        assert_eq!(ask(&door, "/livez").await, (200, "ok\n".to_owned()));
        assert_eq!(ask(&door, "/readyz").await, (503, r#"{"ready":false,"awaited":"queue"}"#.to_owned()));
        assert_eq!(ask(&door, "/metrics").await.0, 503);
        door.open(Router::new().route("/metrics", get(async || "numbers")));
        assert_eq!(ask(&door, "/metrics").await, (200, "numbers".to_owned()));
    }
}
