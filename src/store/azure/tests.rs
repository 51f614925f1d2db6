use url::Url;

use super::connect::{Address, AzureOptions};

fn address(url: &str) -> Result<Address, String> {
    Address::parse(&Url::parse(url).unwrap()).map_err(|error| error.to_string())
}

#[test]
fn reads_addresses_of_azure_and_azurite() {
    let azure = address("https://clinic.blob.core.windows.net/reports").unwrap();
    assert_eq!((azure.account.as_str(), azure.container.as_str(), azure.signed), ("clinic", "reports", false));
    assert_eq!(azure.service_url.as_str(), "https://clinic.blob.core.windows.net/");

    let azurite = address("http://127.0.0.1:10000/devstoreaccount1/reports/").unwrap();
    assert_eq!((azurite.account.as_str(), azurite.container.as_str()), ("devstoreaccount1", "reports"));
    assert_eq!(azurite.container_url.as_str(), "http://127.0.0.1:10000/devstoreaccount1/reports");
    assert_eq!(address("http://azurite:10000/devstoreaccount1/reports").unwrap().account, "devstoreaccount1");
}

#[test]
fn knows_a_sas_and_never_repeats_it() {
    let url = Url::parse("https://clinic.blob.core.windows.net/reports?sig=secret").unwrap();
    let options = AzureOptions { container_url: url, account_key: Some("secret".into()) };
    assert_eq!(format!("{options:?}"), "AzureOptions(clinic.blob.core.windows.net/reports)");

    let signed = address("https://clinic.blob.core.windows.net/reports?sv=2022-11-02&sig=secret").unwrap();
    assert!(signed.signed);
    assert!(!format!("{signed:?}").contains("secret"));

    let error = address("https://clinic.blob.core.windows.net/?sig=secret").unwrap_err();
    assert!(error.contains("must name one container") && !error.contains("secret"), "{error}");
    assert!(address("ftp://clinic/reports").is_err());
}
