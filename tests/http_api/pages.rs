//! The pages, as a browser without scripts sees them.

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use pressroom::job::JobId;

use crate::house::{Call, FULL, House, READER, Reply, SOUTH};

/// The value of the hidden field `name`.
fn hidden(page: &str, name: &str) -> String {
    let start = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
    page[start..].split('"').nth(3).unwrap().to_owned()
}

async fn open(house: &House, cookie: &str, path: &str) -> Reply {
    house.send(Call::get(path).page(cookie)).await
}

/// Fills in the form of a report and sends it.
async fn fill(house: &House, cookie: &str, report: &str, fields: &[(&str, &str)]) -> Reply {
    let path = format!("/reports/{report}");
    let page = open(house, cookie, &path).await.text();
    let (csrf, form) = (hidden(&page, "csrf"), hidden(&page, "form"));
    let mut pairs = vec![("csrf", csrf.as_str()), ("form", form.as_str())];
    pairs.extend(fields);
    house.send(Call::post(&path).page(cookie).form(&pairs)).await
}

fn job_of(reply: &Reply) -> JobId {
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    reply.header("location").strip_prefix("/jobs/").unwrap().parse().unwrap()
}

#[tokio::test]
async fn signing_in_leads_back_and_out() {
    let house = House::new().await;
    let guest = house.send(Call::get("/reports/greeting?from=x")).await;
    assert_eq!(guest.header("location"), "/login?next=%2Freports%2Fgreeting%3Ffrom%3Dx");
    let page = house.send(Call::get(guest.header("location"))).await.text();
    assert_eq!(hidden(&page, "next"), "&#x2f;reports&#x2f;greeting?from=x");

    let wrong = house.send(Call::post("/login").form(&[("key", "wrong"), ("next", "/reports")])).await;
    assert_eq!((wrong.status, wrong.header("set-cookie")), (StatusCode::UNAUTHORIZED, ""));
    assert!(wrong.text().contains("This key is not known") && !wrong.text().contains("value=\"wrong\""));

    let right = house.send(Call::post("/login").form(&[("key", FULL), ("next", "/reports")])).await;
    assert_eq!((right.status, right.header("location")), (StatusCode::SEE_OTHER, "/reports"));
    let cookie = right.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains(FULL), "{cookie}");
    let elsewhere = house.send(Call::post("/login").form(&[("key", FULL), ("next", "//evil.example")])).await;
    assert_eq!(elsewhere.header("location"), "/");

    let cookie = house.sign_in(FULL).await;
    let page = open(&house, &cookie, "/").await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
    let csrf = hidden(&page.text(), "csrf");
    let stay = house.send(Call::post("/logout").page(&cookie).form(&[("csrf", "forged")])).await;
    assert_eq!(stay.status, StatusCode::FORBIDDEN);
    let out = house.send(Call::post("/logout").page(&cookie).form(&[("csrf", &csrf)])).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");

    house.clock.advance(TimeDelta::hours(13));
    assert_eq!(open(&house, &cookie, "/").await.header("location"), "/login");
}

#[tokio::test]
async fn wrong_keys_are_slowed_down() {
    let house = House::new().await;
    let try_key = |key: &'static str| house.send(Call::post("/login").form(&[("key", key)]));
    for _ in 0..10 {
        assert_eq!(try_key("wrong").await.status, StatusCode::UNAUTHORIZED);
    }
    let paused = try_key(FULL).await;
    assert_eq!(paused.status, StatusCode::TOO_MANY_REQUESTS, "even the right key has to wait now");
    assert!(paused.header("retry-after").parse::<u64>().unwrap() <= 301);
    house.clock.advance(TimeDelta::minutes(6));
    assert_eq!(try_key(FULL).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let house = House::new().await;
    let cookie = house.sign_in(FULL).await;
    let page = open(&house, &cookie, "/reports/greeting").await.text();
    let csrf = hidden(&page, "csrf");
    let fields = [("csrf", csrf.as_str()), ("form", "1"), ("p.who", "Ada")];
    let send = |call: Call| house.send(call.page(&cookie).form(&fields));
    let post = || Call::post("/reports/greeting");
    assert_eq!(send(post().header("sec-fetch-site", "cross-site")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(send(post().header("origin", "https://evil.example")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(send(post().header("sec-fetch-site", "same-origin")).await.status, StatusCode::SEE_OTHER);
    let other = house.sign_in(FULL).await;
    let stolen = house.send(post().page(&other).form(&fields)).await;
    assert_eq!(stolen.status, StatusCode::FORBIDDEN, "a form belongs to its session");
    let login = Call::post("/login").header("origin", "https://evil.example").form(&[("key", FULL)]);
    assert_eq!(house.send(login).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_form_has_the_right_inputs() {
    let house = House::new().await;
    let cookie = house.sign_in(FULL).await;
    let page = open(&house, &cookie, "/reports/every-kind").await.text();
    let today = chrono::Utc::now_in_berlin(&house);
    for part in [
        "name=\"p.name\" type=\"text\" value=\"\" maxlength=\"40\" pattern=\"[A-Z][a-z]+\" aria-describedby=\"f1-help\" required",
        "name=\"p.count\" type=\"number\" step=\"1\" inputmode=\"numeric\" value=\"\" min=\"1\" max=\"100\" required",
        "name=\"p.amount\" type=\"number\" step=\"any\" inputmode=\"decimal\" value=\"\" min=\"0.5\"",
        "type=\"checkbox\" name=\"p.open\" value=\"true\" checked",
        "name=\"p.at\" type=\"datetime-local\"",
        "type=\"radio\" name=\"p.colour\" value=\"green\"",
        "<select id=\"f8\" name=\"p.state\"",
        "<textarea id=\"f9\" name=\"p.lines\"",
        "type=\"checkbox\" name=\"p.tags\" value=\"x\"",
        "As on the card.",
        "Leaf green",
        "In the time zone Europe&#x2f;Berlin.",
        &format!("name=\"p.day\" type=\"date\" value=\"{}\"", today.format("%Y-%m-01")),
        &format!("max=\"{}\"", today.format("%Y-%m-%d")),
    ] {
        assert!(page.contains(part), "{part} is missing in\n{page}");
    }
}

/// The report's own calendar.
trait Berlin {
    fn now_in_berlin(house: &House) -> chrono::DateTime<chrono_tz::Tz>;
}

impl Berlin for chrono::Utc {
    fn now_in_berlin(house: &House) -> chrono::DateTime<chrono_tz::Tz> {
        pressroom::clock::Clock::now(&*house.clock).with_timezone(&chrono_tz::Europe::Berlin)
    }
}

#[tokio::test]
async fn what_is_entered_becomes_parameters() {
    let house = House::new().await;
    let cookie = house.sign_in(FULL).await;
    let fields = [
        ("p.name", "Ada"),
        ("p.count", "7"),
        ("p.amount", "12.50"),
        ("p.day", "2026-01-31"),
        ("p.at", "2026-01-31T08:00"),
        ("p.colour", "green"),
        ("p.state", ""),
        ("p.lines", "1\r\n2\r\n\r\n"),
        ("p.tags", "x"),
        ("p.tags", "y"),
    ];
    house.clock.advance(
        "2026-06-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap()
            - pressroom::clock::Clock::now(&*house.clock),
    );
    let cookie = if house.send(Call::get("/").page(&cookie)).await.status == StatusCode::OK {
        cookie
    } else {
        house.sign_in(FULL).await
    };
    let id = job_of(&fill(&house, &cookie, "every-kind", &fields).await);
    let job = house.send(Call::get(&format!("/api/v1/jobs/{id}")).key(FULL)).await.json();
    assert_eq!(
        job["parameters"],
        serde_json::json!({
            "name": "Ada", "count": 7, "amount": "12.50", "open": false, "day": "2026-01-31",
            "at": "2026-01-31T07:00:00Z", "colour": "green", "lines": [1, 2], "tags": ["x", "y"],
        })
    );
    // Asked again, the form begins with the same.
    let again = open(&house, &cookie, &format!("/reports/every-kind?from={id}")).await.text();
    for part in
        ["value=\"Ada\"", "value=\"12.50\"", "value=\"2026-01-31T08:00\"", "1\n2</textarea>", "value=\"true\" >"]
    {
        assert!(again.contains(part), "{part} is missing in\n{again}");
    }
}

#[tokio::test]
async fn errors_stand_at_their_fields_with_what_was_entered() {
    let house = House::new().await;
    let cookie = house.sign_in(FULL).await;
    let fields =
        [("p.name", "<b>ada</b>"), ("p.count", "many"), ("p.colour", "red"), ("p.open", "true"), ("p.day", "")];
    let reply = fill(&house, &cookie, "every-kind", &fields).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = reply.text();
    assert!(page.contains("2 entries need another look"), "{page}");
    for part in [
        "id=\"f1-error\"",
        "id=\"f2-error\"",
        "value=\"&lt;b&gt;ada&lt;&#x2f;b&gt;\"",
        "value=\"many\"",
        "aria-invalid=\"true\"",
    ] {
        assert!(page.contains(part), "{part} is missing in\n{page}");
    }
    assert!(!page.contains("id=\"f3-error\"") && !page.contains("<b>ada"));
}

#[tokio::test]
async fn a_form_sent_twice_asks_once() {
    let house = House::new().await;
    let cookie = house.sign_in(FULL).await;
    let page = open(&house, &cookie, "/reports/greeting").await.text();
    let (csrf, form) = (hidden(&page, "csrf"), hidden(&page, "form"));
    let send = async |who: &str| {
        let fields = [("csrf", csrf.as_str()), ("form", form.as_str()), ("p.who", who)];
        job_of(&house.send(Call::post("/reports/greeting").page(&cookie).form(&fields)).await)
    };
    let first = send("Ada").await;
    assert_eq!(first, send("Ada").await);
    assert_ne!(first, send("Grace").await, "other values are another request");
}

#[tokio::test]
async fn a_request_can_be_watched_to_its_end() {
    let house = House::new().await;
    let cookie = house.sign_in(FULL).await;
    let id = job_of(&fill(&house, &cookie, "greeting", &[("p.who", "<Ada>")]).await);
    let path = format!("/jobs/{id}");
    let waiting = open(&house, &cookie, &path).await.text();
    assert!(waiting.contains("waits for a free worker") && waiting.contains("data-live=\"1000\""), "{waiting}");
    assert!(waiting.contains("&lt;Ada&gt;") && !waiting.contains("<Ada>"));
    assert!(waiting.contains("Cancel this request") && waiting.contains("http-equiv=\"refresh\""));

    let claim = house.claim(id).await;
    house.progress(&claim, 12_345, 67).await;
    let running = open(&house, &cookie, &path).await.text();
    assert!(
        running.contains("<strong>12,345</strong> rows read") && running.contains("<strong>67</strong> pages"),
        "{running}"
    );
    assert!(open(&house, &cookie, "/").await.text().contains("12,345 rows, 67 pages"));

    house.finish(&claim, b"%PDF-1.7 done").await;
    let done = open(&house, &cookie, &path).await.text();
    assert!(done.contains("The document is ready") && done.contains("data-live=\"\""), "{done}");
    assert!(!done.contains("Cancel this request") && done.contains(&format!("/reports/greeting?from={id}")));
    let shown = open(&house, &cookie, &format!("{path}/document?inline=1")).await;
    assert_eq!((&shown.body[..], &shown.header("content-disposition")[..6]), (&b"%PDF-1.7 done"[..], "inline"));
    let policy = shown.header("content-security-policy");
    assert_eq!(policy, "frame-ancestors 'none'", "a stricter policy would stop the browser's PDF viewer");
    let saved = open(&house, &cookie, &format!("{path}/document")).await;
    assert!(saved.header("content-disposition").starts_with("attachment"));
}

#[tokio::test]
async fn a_failure_is_explained_and_a_cancel_shown() {
    let house = House::new().await;
    let cookie = house.sign_in(FULL).await;
    let failed = house.ask(FULL, "Ada").await;
    let claim = house.claim(failed).await;
    house.fail(&claim).await;
    let page = open(&house, &cookie, &format!("/jobs/{failed}")).await.text();
    assert!(page.contains("Something went wrong while reading the data: the query took longer than 60 s."), "{page}");
    assert!(page.contains("source&#x2f;timeout"));

    let waiting = house.ask(FULL, "Grace").await;
    let page = open(&house, &cookie, &format!("/jobs/{waiting}")).await.text();
    let cancel = Call::post(&format!("/jobs/{waiting}/cancel")).page(&cookie).form(&[("csrf", &hidden(&page, "csrf"))]);
    assert_eq!(house.send(cancel).await.header("location"), format!("/jobs/{waiting}"));
    let page = open(&house, &cookie, &format!("/jobs/{waiting}")).await.text();
    assert!(page.contains("This request was cancelled"), "{page}");

    let running = house.ask(FULL, "Edith").await;
    house.claim(running).await;
    let path = format!("/jobs/{running}");
    let csrf = hidden(&open(&house, &cookie, &path).await.text(), "csrf");
    let cancel = Call::post(&format!("{path}/cancel")).page(&cookie).form(&[("csrf", &csrf)]);
    let stopping = house.send(cancel).await.header("location").to_owned();
    let page = open(&house, &cookie, &stopping).await.text();
    assert!(page.contains("It was asked to stop") && !page.contains("Cancel this request"), "{page}");
}

#[tokio::test]
async fn the_list_filters_and_pages() {
    let house = House::new().await;
    let cookie = house.sign_in(FULL).await;
    assert!(open(&house, &cookie, "/").await.text().contains("No report has been requested yet"));
    for i in 0..27 {
        house.ask(FULL, &format!("Person{i}")).await;
    }
    let first = open(&house, &cookie, "/?report=greeting&state=").await.text();
    assert!(first.contains("Person26") && !first.contains("Person1<"), "{first}");
    let start = first.find("next\" href=\"").unwrap() + "next\" href=\"".len();
    let older = first[start..].split('"').next().unwrap().replace("&amp;", "&").replace("&#x2f;", "/");
    assert!(older.starts_with("/?report=greeting&cursor="), "{older}");
    let second = open(&house, &cookie, &older).await.text();
    assert!(second.contains("Person1<") && second.contains("← Newest") && !second.contains("Older →"), "{second}");
    let none = open(&house, &cookie, "/?state=failed").await.text();
    assert!(none.contains("No request fits this filter"));
    assert_eq!(open(&house, &cookie, "/?state=nonsense").await.status, StatusCode::OK);
}

#[tokio::test]
async fn pages_have_the_same_walls() {
    let house = House::new().await;
    let id = house.ask(FULL, "Ada").await;
    let south = house.sign_in(SOUTH).await;
    for path in [
        format!("/jobs/{id}"),
        format!("/jobs/{id}/document"),
        "/jobs/x".into(),
        "/reports/nothing".into(),
        "/nowhere".into(),
    ] {
        let reply = open(&house, &south, &path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            reply.text().contains("<!doctype html>") && reply.text().contains(reply.header("x-request-id")),
            "{path}"
        );
    }
    let reader = house.sign_in(READER).await;
    assert!(!open(&house, &reader, &format!("/jobs/{id}")).await.text().contains("Cancel this request"));
    let refused = fill(&house, &reader, "greeting", &[("p.who", "Ada")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let chosen = open(&house, &reader, "/reports").await.text();
    assert!(chosen.contains("Says hello to &lt;everyone&gt; &amp; more.") && !chosen.contains("Secret"), "{chosen}");
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_a_changing_name() {
    let house = House::new().await;
    let page = house.send(Call::get("/login")).await.text();
    for name in ["pressroom.css", "pressroom.js", "icon.svg"] {
        let end = page.find(name).unwrap_or_else(|| panic!("{name} is not used")) + name.len();
        let start = page[..end].rfind('"').unwrap() + 1;
        let path = page[start..end].replace("&#x2f;", "/");
        let asset = house.send(Call::get(&path)).await;
        assert_eq!(asset.status, StatusCode::OK, "{path}");
        assert!(asset.header("cache-control").contains("immutable"));
    }
    assert!(
        !page.contains("style=\"") && !page.contains("<style") && !page.contains("<script>"),
        "the policy forbids them"
    );
    let nothing = house.send(Call::new(Method::GET, "/assets/x/y.css")).await;
    nothing.problem(404, "not-found");
}
