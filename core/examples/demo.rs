//! The main job: requests for every scope and operation, and a request with mistakes. Nothing is sent.

#![allow(clippy::print_stdout, reason = "an example shows something")]

use astro_tokens::{
    Api, CreateToken, DeleteToken, GetToken, Grant, ListTokens, Operation, Request, RotateToken, UpdateToken,
    UpdateTokenRoles, ValidationError,
};

fn show(title: &str, request: &Request) {
    println!("{title}\n  {request}");
    if let Some(body) = request.body() {
        println!("  {}", String::from_utf8_lossy(body));
    }
    for warning in request.warnings() {
        println!("  {}", warning.to_string().replace('\n', "\n  "));
    }
}

fn main() -> Result<(), ValidationError> {
    let api = Api::new("clorg")?;

    let organization = CreateToken::new("Audit", "ORGANIZATION_MEMBER");
    show("An Organization token", &organization.request(&api)?);
    let workspace = CreateToken::new("CI", "WORKSPACE_AUTHOR").workspace_id("clws").expiration_days(90);
    show("A Workspace token", &workspace.request(&api)?);
    let deployment = CreateToken::new("Deploy", "DEPLOYMENT_ADMIN").deployment_id("cldep").expiration_days(30);
    show("A Deployment token", &deployment.request(&api)?);

    show("The newest tokens", &ListTokens::default().limit(5).sorts(["createdAt:desc"]).request(&api)?);
    show("One token", &GetToken::new("cltoken").request(&api)?);
    show("Another name", &UpdateToken::new("cltoken", "CI 2").description("").request(&api)?);
    let roles = [
        Grant::new("ORGANIZATION", "clorg", "ORGANIZATION_MEMBER"),
        Grant::new("WORKSPACE", "clws", "WORKSPACE_AUTHOR"),
    ];
    show("Other roles", &UpdateTokenRoles::new("cltoken", "ORGANIZATION", roles).request(&api)?);
    show("A new secret", &RotateToken::new("cltoken").request(&api)?);
    show("No more", &DeleteToken::new("cltoken").request(&api)?);

    println!("As curl\n{}", workspace.request(&api)?.as_curl());

    let mistaken = CreateToken::new("CI\n", "workspace_admin").workspace_id("../clws").expiration_days(0);
    if let Err(error) = mistaken.request(&api) {
        println!("Mistakes, all at once\n{error}");
    }
    Ok(())
}
