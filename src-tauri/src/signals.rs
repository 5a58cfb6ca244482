//! The signals that ask this process to end.

#[cfg(unix)]
pub async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};

    let listen = |kind| signal(kind).inspect_err(|error| tracing::warn!(%error, "no signals"));
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hang_up)) = (
        listen(SignalKind::interrupt()),
        listen(SignalKind::terminate()),
        listen(SignalKind::hangup()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
}

#[cfg(not(unix))]
pub async fn asked_to_end() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!(%error, "no signals");
        std::future::pending().await
    }
}
